# python/pliant/render/__init__.py — differentiable rendering: meshes, cameras, light, the rasteriser, losses
"""From a mesh to a picture, with gradients all the way back: camera(lighting(mesh)), then a renderer.

>>> mesh = pliant.render.icosphere(3)
>>> camera = pliant.render.LookAt(viewing_angle=15)
>>> camera.set_eyes_from_angles(2.732, 30.0, torch.tensor([0.0, 90.0]))
>>> on_screen = camera(pliant.render.Lighting()(mesh))
>>> renderer = pliant.render.Renderer(size=64)
>>> renderer(on_screen).shape, renderer.silhouette(on_screen).shape
(torch.Size([2, 4, 64, 64]), torch.Size([2, 64, 64]))
"""

from pliant.render.camera import Look as Look
from pliant.render.camera import LookAt as LookAt
from pliant.render.camera import Projection as Projection
from pliant.render.camera import look as look
from pliant.render.camera import look_at as look_at
from pliant.render.camera import orthographic as orthographic
from pliant.render.camera import perspective as perspective
from pliant.render.camera import points_from_angles as points_from_angles
from pliant.render.camera import project as project
from pliant.render.explain import GradientReport as GradientReport
from pliant.render.explain import explain_gradient as explain_gradient
from pliant.render.light import Lighting as Lighting
from pliant.render.light import lighting as lighting
from pliant.render.losses import FlattenLoss as FlattenLoss
from pliant.render.losses import LaplacianLoss as LaplacianLoss
from pliant.render.losses import flatten_loss as flatten_loss
from pliant.render.losses import laplacian_loss as laplacian_loss
from pliant.render.losses import silhouette_iou as silhouette_iou
from pliant.render.losses import silhouette_iou_loss as silhouette_iou_loss
from pliant.render.losses import voxel_iou as voxel_iou
from pliant.render.mesh import Mesh as Mesh
from pliant.render.mesh import Topology as Topology
from pliant.render.mesh import face_vertices as face_vertices
from pliant.render.mesh import load_obj as load_obj
from pliant.render.mesh import save_obj as save_obj
from pliant.render.mesh import surface_normals as surface_normals
from pliant.render.mesh import topology as topology
from pliant.render.mesh import vertex_normals as vertex_normals
from pliant.render.objects import draw_object as draw_object
from pliant.render.objects import make_object as make_object
from pliant.render.objects import object_families as object_families
from pliant.render.primitives import box as box
from pliant.render.primitives import cylinder as cylinder
from pliant.render.primitives import icosphere as icosphere
from pliant.render.primitives import plane as plane
from pliant.render.primitives import torus as torus
from pliant.render.primitives import uv_sphere as uv_sphere
from pliant.render.rasterise import clip_near as clip_near
from pliant.render.rasterise import image as image
from pliant.render.rasterise import silhouette as silhouette
from pliant.render.rasterise import visible_faces as visible_faces
from pliant.render.renderer import PRESETS as PRESETS
from pliant.render.renderer import Renderer as Renderer
from pliant.render.shapes import shape as shape
from pliant.render.shapes import shape_families as shape_families
from pliant.render.shapes import shape_voxels as shape_voxels
from pliant.render.voxels import voxelize as voxelize
