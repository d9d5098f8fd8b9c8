# examples/python/isaac.py — the same network by plain and by conditioned gradients, in the same steps
import torch
import torch.nn.functional as F

import pliant

images, labels, ink = pliant.data.load_image_set("digits", "train")
images, labels = images.flatten(1) / ink, labels.long()
test_images, test_labels, _ = pliant.data.load_image_set("digits", "test")


def train(rate, damping=None, steps=100):
    torch.manual_seed(0)
    layers = [torch.nn.Linear(64, 200), torch.nn.ReLU(), torch.nn.Linear(200, 200), torch.nn.ReLU()]
    model = torch.nn.Sequential(*layers, torch.nn.Linear(200, 10))
    isaac = pliant.optim.Isaac(model, damping) if damping else None
    optimizer = torch.optim.SGD(model.parameters(), lr=rate)
    for _ in range(steps):
        batch = torch.randint(len(images), (100,))
        loss = F.cross_entropy(model(images[batch]), labels[batch])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    if isaac:
        print(isaac.report(images[batch]))
    guesses = model(test_images.flatten(1) / ink).argmax(1)
    return (guesses == test_labels).float().mean().item()


plain = max(train(rate) for rate in (0.1, 0.3, 1.0))
print(f"plain gradients, the best of three rates: {plain:.1%}")
print(f"conditioned gradients: {train(rate=1.0, damping=0.3):.1%}")
