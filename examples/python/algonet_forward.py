# examples/python/algonet_forward.py — a WHILE program as a layer: read digits, knowing only their products
import torch

import pliant

MULTIPLY = """
WHILE x1 != 0 DO
  x3 := x2;
  WHILE x3 != 0 DO x0 := x0 + 1; x3 := x3 - 1 END;
  x1 := x1 - 1
END"""
multiply = pliant.program.parse_while(MULTIPLY, inputs=["x1", "x2"], outputs=["x0"], beta=4.0)


def digits(split):
    images, labels, maximum = pliant.data.load_image_set("digits", split)
    return images[labels < 6].flatten(1).float() / maximum, labels[labels < 6]


torch.set_num_threads(1)  # small steps
torch.manual_seed(0)
images, labels = digits("train")
layers = torch.nn.Linear(64, 64), torch.nn.ReLU(), torch.nn.Linear(64, 6), torch.nn.Softmax(-1)
network = torch.nn.Sequential(*layers)
values = torch.arange(6.0)  # the network says a number, which may lie between digits
optimizer = torch.optim.Adam(network.parameters(), lr=0.005)
for step in range(401):
    one, two = torch.randint(len(images), (2, 64))
    product = multiply(network(images[one]) @ values, network(images[two]) @ values)
    loss = (product - labels[one] * labels[two]).abs().mean()
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    if step % 100 == 0:
        others, truth = digits("test")
        share = ((network(others) @ values).round() == truth).float().mean()
        print(f"step {step}: loss {loss.item():.2f}, digits read: {share.item():.1%}")
