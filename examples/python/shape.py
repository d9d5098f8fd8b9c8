# examples/python/shape.py — find a shape from its silhouettes: a sphere is pulled until its pictures fit
import torch

from pliant import render

camera = render.LookAt(viewing_angle=15)
camera.set_eyes_from_angles(2.732, 30.0, torch.arange(0.0, 360.0, 15.0))  # 24 views
hard = render.Renderer(size=64, distribution="hard", squared=False)
target = hard.silhouette(camera(render.box(0.6, 0.4, 0.5)))  # all that is known: black and white pictures

template = render.icosphere(3, 0.35)
smooth = render.LaplacianLoss(template.vertices, template.faces)
offset = torch.zeros_like(template.vertices, requires_grad=True)
optimizer = torch.optim.Adam([offset], lr=0.01)
renderer = render.Renderer(size=64, distribution="logistic", tau=3e-5, squared=True)
for step in range(101):
    mesh = template.with_vertices(template.vertices + offset)
    loss = render.silhouette_iou_loss(renderer.silhouette(camera(mesh)), target)
    optimizer.zero_grad()
    (loss + 0.03 * smooth(mesh.vertices).mean()).backward()
    optimizer.step()
    if step % 25 == 0:
        overlap = 1 - render.silhouette_iou_loss(hard.silhouette(camera(mesh)), target)
        print(f"step {step:3d}: silhouettes overlap by {overlap.item():.1%}")

mesh.save_obj("box.obj")
