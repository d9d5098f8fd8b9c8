# examples/python/algonet_backward.py — an inverse problem without labels: which solid has these silhouettes?
import torch

from pliant import render

sphere = render.icosphere(2)
eyes = render.points_from_angles(4.0, torch.tensor([0.0, 0.0, 70.0]), torch.tensor([0.0, 60.0, 0.0]))


def silhouettes(radii):
    """Three views of each ellipsoid (batch, 3): the algorithm that is to be inverted."""
    solids = (sphere.vertices * radii.unsqueeze(1)).repeat_interleave(3, 0)
    screen = render.perspective(render.look_at(solids, eyes.repeat(len(radii), 1)), 15.0)
    return render.silhouette(screen, sphere.faces, 32, tau=1e-3)


def draw(count):
    radii = 0.3 + 0.5 * torch.rand(count, 3)
    return radii, silhouettes(radii)


torch.set_num_threads(1)  # small steps
torch.manual_seed(0)
layers = torch.nn.Linear(3 * 32 * 32, 64), torch.nn.ReLU(), torch.nn.Linear(64, 3), torch.nn.Softplus()
network = torch.nn.Sequential(*layers)
optimizer = torch.optim.Adam(network.parameters(), lr=0.002)
for step in range(101):
    _, pictures = draw(16)  # what the network sees, and all that it is judged by
    found = silhouettes(network(pictures.reshape(16, -1)))
    loss = render.silhouette_iou_loss(found, pictures)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    if step % 25 == 0:
        radii, pictures = draw(64)
        error = (network(pictures.reshape(64, -1)) - radii).abs().mean()
        print(f"step {step}: loss {loss.item():.3f}, radii of 0.3 … 0.8 off by {error.item():.3f}")
