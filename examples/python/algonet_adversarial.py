# examples/python/algonet_adversarial.py — from photographs to radii, without labels and without pairs
import torch
from adversaries import Critic, Reconstructor, Translator
from ellipsoids import draw, silhouettes

from pliant import render


def photographs(pictures):
    """The style of what is to be understood: dark solids before a bright wall, and noise."""
    return 0.9 - 0.6 * pictures + 0.05 * torch.randn_like(pictures)


torch.set_num_threads(1)  # small steps
torch.manual_seed(0)
reconstruct, to_silhouette, to_photograph = Reconstructor(), Translator(), Translator()
critics = Critic(), Critic()  # of silhouettes, of photographs
makers = torch.nn.ModuleList([reconstruct, to_silhouette, to_photograph])
optimizers = [torch.optim.Adam(m.parameters(), lr=0.003) for m in (makers, torch.nn.ModuleList(critics))]
for step in range(401):
    photo, real = photographs(draw(16)[1]), draw(16)[1]
    seen = to_silhouette(photo)
    drawn = silhouettes(reconstruct(seen))  # the algorithm, in the middle of the networks
    made = to_photograph(drawn)
    cycle = (made - photo).abs().mean() + (drawn - seen.detach()).abs().mean()
    own = render.silhouette_iou_loss(silhouettes(reconstruct(real)), real)
    fooled = critics[0].loss(seen, 1.0) + critics[1].loss(made, 1.0)
    judged = critics[0].loss(seen.detach(), 0.0) + critics[0].loss(real, 1.0)
    judged = judged + critics[1].loss(made.detach(), 0.0) + critics[1].loss(photo, 1.0)
    for optimizer, loss in zip(optimizers, (5 * (cycle + own) + fooled, judged), strict=True):
        optimizer.zero_grad()
        loss.backward(inputs=list(optimizer.param_groups[0]["params"]))
        optimizer.step()
    if step % 100 == 0:
        radii, pictures = draw(64)
        error = (reconstruct(to_silhouette(photographs(pictures))) - radii).abs().mean()
        print(f"step {step}: radii of 0.3 … 0.8 off by {error.item():.3f}")
