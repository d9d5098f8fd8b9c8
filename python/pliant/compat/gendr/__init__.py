# python/pliant/compat/gendr/__init__.py — the package gendr 0.1.0 by its names, on our kernels
"""Names, defaults and return values of https://pypi.org/project/gendr/0.1.0 (Petersen et al., Generalized
Differentiable Rendering, CVPR 2022). Change `import gendr` to `from pliant.compat import gendr`. No CUDA is
needed: everything lies on the CPU unless its input does not, and float64 works too.

Pictures and gradients are those of the published kernels, with their constants (`pliant.render.image`,
`compat=True`). Where the package has a defect, this one does not follow it:

- `GenDR()` and `render` work with their defaults: None is a shift of 0 and the T-conorm's own p; "gamma" and
  "gamma_rev" need a `dist_shape` > 0 and say so, where the package draws steps without a gradient at 0.
- Complements of coverages are not cut off at 1e-6, so gradients in covered pixels are right; of several
  faces at the maximum of a pixel the first one has the gradient; a texel never is the next face's.
- `aggr_alpha_func="hard"` has no gradient, as the package's comments say, whatever the distribution.
- `Look` works, and so do `LookAt.eyes`, `save_voxel`, vertex colours in `save_obj`, a direction that is
  parallel to `up`, and meshes of one face list for a whole batch.
- `LaplacianLoss` and `FlattenLoss` have the published values, of sparse tables; open meshes are fine.
- What is wrong, such as an unknown name or a p out of its range, is an error, not a NaN.

One thing is otherwise: a pixel inside of a face that covers it by 1e-6 or less still shows its colour (a thin
rim, with "exponential", "gamma" and "levy" at a shift of 0 or less).

>>> mesh = gendr.Lighting()(gendr.Mesh(torch.eye(3) - 0.3, torch.tensor([[2, 1, 0]]).int()))
>>> images = gendr.GenDR(image_size=4, dist_scale=0.1)(gendr.LookAt()(mesh))
>>> images.shape, images[0, 3].max()
(torch.Size([1, 4, 4, 4]), tensor(0.2006))
"""

from pliant.compat.gendr import cuda as cuda
from pliant.compat.gendr import functional as functional
from pliant.compat.gendr.lighting import AmbientLighting as AmbientLighting
from pliant.compat.gendr.lighting import DirectionalLighting as DirectionalLighting
from pliant.compat.gendr.lighting import Lighting as Lighting
from pliant.compat.gendr.losses import FlattenLoss as FlattenLoss
from pliant.compat.gendr.losses import LaplacianLoss as LaplacianLoss
from pliant.compat.gendr.mesh import Mesh as Mesh
from pliant.compat.gendr.renderer import GenDR as GenDR
from pliant.compat.gendr.transform import Look as Look
from pliant.compat.gendr.transform import LookAt as LookAt
from pliant.compat.gendr.transform import Projection as Projection
