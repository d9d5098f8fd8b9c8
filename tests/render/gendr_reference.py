# tests/render/gendr_reference.py — GenDR's published forward and backward pass, face by face, in float64
"""Written down again from the paper and the behaviour of its kernels, in their order: faces are folded one
after the other by binary T-conorms, and the backward pass is theirs, no derivative of the forward one.
"""

import dataclasses
import math

import torch

DISTRIBUTIONS = (
    "hard uniform cubic_hermite wigner_semicircle gaussian laplace logistic gudermannian cauchy reciprocal "
    "gumbel_max gumbel_min exponential exponential_rev gamma gamma_rev levy levy_rev"
).split()
T_CONORMS = "hard max probabilistic einstein hamacher frank yager aczel_alsina dombi schweizer_sklar".split()


@dataclasses.dataclass
class Settings:
    size: int = 8
    dist: str = "logistic"
    tau: float = 0.2
    squared: bool = False
    shape: float = 0.0
    shift: float = 0.0
    dist_eps: float = 1e4
    t_conorm: str = "probabilistic"
    p: float = 0.0
    rgb: str = "softmax"
    eps: float = 1e-3
    gamma: float = 1e-3
    near: float = 1.0
    far: float = 100.0
    double_side: bool = False
    texture_type: str = "surface"
    background: tuple = (0.0, 0.0, 0.0)


# === distributions: F(u) and f(u) ===


def symmetric(name, u):
    one = torch.ones_like(u)
    inside = (u.abs() < 1).double()
    v = u.clamp(-1, 1)
    y = (1 + v) / 2
    return {
        "hard": lambda: ((u > 0).double(), 0 * u),
        "uniform": lambda: (y, inside / 2),
        "cubic_hermite": lambda: (3 * y**2 - 2 * y**3, 0.75 * (1 - v**2)),
        "wigner_semicircle": lambda: (
            0.5 + (v * (1 - v**2).sqrt() + v.asin()) / math.pi,
            2 / math.pi * (1 - v**2).sqrt(),
        ),
        "gaussian": lambda: (torch.special.ndtr(u), (-(u**2) / 2).exp() / math.sqrt(2 * math.pi)),
        "laplace": lambda: (
            torch.where(u < 0, (-u.abs()).exp() / 2, one - (-u.abs()).exp() / 2),
            (-u.abs()).exp() / 2,
        ),
        "logistic": lambda: (u.sigmoid(), u.sigmoid() * (-u).sigmoid()),
        "gudermannian": lambda: (0.5 + 2 / math.pi * (u / 2).tanh().atan(), 1 / (math.pi * u.cosh())),
        "cauchy": lambda: (0.5 + u.atan() / math.pi, 1 / (math.pi * (1 + u**2))),
        "reciprocal": lambda: (0.5 + u / (1 + u.abs()) / 2, 1 / (2 * (1 + u.abs()) ** 2)),
        "gumbel_max": lambda: ((-(-u).exp()).exp(), (-u - (-u).exp()).exp()),
        "gumbel_min": lambda: (1 - (-u.exp()).exp(), (u - u.exp()).exp()),
    }[name]()


def one_sided(name, x, shape):
    positive = x > 0
    x = x.clamp_min(1e-300)
    if name == "exponential":
        cdf, pdf = 1 - (-x).exp(), (-x).exp()
    elif name == "gamma":
        p = torch.tensor(shape, dtype=torch.float64)
        cdf, pdf = torch.special.gammainc(p, x), (x.log() * (p - 1) - x - torch.lgamma(p)).exp()
    else:
        cdf, pdf = torch.special.erfc((1 / (2 * x)).sqrt()), (-1 / (2 * x) - 1.5 * x.log()).exp()
        pdf = pdf / math.sqrt(2 * math.pi)
    return torch.where(positive, cdf, 0.0), torch.where(positive, pdf, 0.0)


def distribution(name, u, shape, shift):
    family = name.removesuffix("_rev")
    if family not in ("exponential", "gamma", "levy"):
        return symmetric(name, u)
    if not name.endswith("_rev"):
        return one_sided(family, u + shift, shape)
    cdf, pdf = one_sided(family, shift - u, shape)
    return 1 - cdf, pdf


# === T-conorms: ⊥(a, b), and ∂A/∂b of the whole A ===


def t_conorm(name, a, b, p):
    x, y = 1 - a, 1 - b
    full = (x < 1e-8) | (y < 1e-8)
    return {
        "max": lambda: torch.maximum(a, b),
        "probabilistic": lambda: a + b - a * b,
        "einstein": lambda: (a + b) / (1 + a * b),
        "hamacher": lambda: 1 - x * y / (p + (1 - p) * (x + y - x * y)).clamp_min(1e-6),
        "frank": lambda: 1 - torch.log1p((p**x - 1) * (p**y - 1) / (p - 1)) / math.log(p),
        "yager": lambda: 1 - (1 - (a**p + b**p) ** (1 / p)).clamp_min(0),
        "aczel_alsina": lambda: torch.where(
            full, 1.0, 1 - (-(((-x.log()) ** p + (-y.log()) ** p) ** (1 / p))).exp()
        ),
        "dombi": lambda: torch.where(full, 1.0, 1 - 1 / (1 + ((a / x) ** p + (b / y) ** p) ** (1 / p))),
        "schweizer_sklar": lambda: 1 - (x**p + y**p - 1) ** (1 / p),
    }[name]()


def t_conorm_slope(name, a, b, p):
    x, y = 1 - a, (1 - b).clamp_min(1e-6)
    return {
        "max": lambda: (a == b).double(),
        "probabilistic": lambda: x / y,
        "einstein": lambda: (1 - a**2) / (1 - b**2).clamp_min(1e-6),
        "hamacher": lambda: x * (p + (1 - p) * x) / (y * (p + (1 - p) * (1 - b))).clamp_min(1e-6),
        "frank": lambda: p ** (a - b) * (p**x - 1) / (p**y - 1),
        "yager": lambda: torch.where(a == 1, 0.0, (b / a) ** (p - 1)),
        "aczel_alsina": lambda: x / y * (y.log() / x.clamp_min(1e-6).log()) ** (p - 1),
        "dombi": lambda: (x / y) ** 2 * (b / y * x.clamp_min(1e-6) / a) ** (p - 1),
        "schweizer_sklar": lambda: (y / x.clamp_min(1e-6)) ** (p - 1),
    }[name]()


# === one image ===


def pixels(size):
    at = torch.arange(size, dtype=torch.float64)
    x = ((2 * at + 1 - size) / size).expand(size, size)
    return torch.stack((x, -x.T), -1).reshape(-1, 2)


class Face:
    """How all pixels see one face."""

    def __init__(self, corners, points, s):
        a = corners[:, :2]
        rows = torch.cat((a, torch.ones(3, 1, dtype=a.dtype)), 1).T
        w = torch.linalg.solve(rows, torch.cat((points, torch.ones(len(points), 1, dtype=a.dtype)), 1).T).T
        best = torch.full((len(points),), torch.inf, dtype=a.dtype)
        self.beta, self.q = torch.zeros_like(w), torch.zeros_like(points)
        for k in range(3):
            begin, edge = a[k], a[(k + 1) % 3] - a[k]
            t = (((points - begin) @ edge) / (edge @ edge)).clamp(0, 1)
            q = begin + t.unsqueeze(1) * edge
            d2 = (points - q).square().sum(1)
            beta = torch.zeros_like(w)
            beta[:, k], beta[:, (k + 1) % 3] = 1 - t, t
            nearer = (d2 < best).unsqueeze(1)
            self.q, self.beta = torch.where(nearer, q, self.q), torch.where(nearer, beta, self.beta)
            best = torch.minimum(best, d2)
        self.sign = torch.where(((w > 0) & (w < 1)).all(1), 1.0, -1.0).double()
        self.d = best.sqrt()
        self.within = ((w >= 0) & (w <= 1)).all(1)
        distance = best if s.squared else self.d
        self.a, self.f = distribution(s.dist, self.sign * distance / s.tau, s.shape, s.shift)
        if s.dist == "hard":
            self.a = self.within.double()
        else:
            self.a = torch.where((self.sign < 0) & (best >= s.dist_eps * s.tau), 0.0, self.a)
        self.seen = self.a > 1e-6
        clipped = w.clamp(0, 1)
        self.w = clipped / clipped.sum(1, keepdim=True).clamp_min(1e-5)
        self.z = 1 / (self.w / corners[:, 2]).sum(1)
        edge, other = a[1] - a[0], a[2] - a[0]
        front = edge[0] * other[1] - edge[1] * other[0] < 0
        self.in_range = self.seen & (self.z >= s.near) & (self.z <= s.far)
        self.shown = self.in_range & bool(front or s.double_side)
        self.zeta = (s.far - self.z) / (s.far - s.near)

    def mix(self, texture, s):
        """Weights of the texture's colours, (pixels, colours): the texel, or the corners."""
        if s.texture_type == "vertex":
            return self.w
        side = round(math.sqrt(len(texture)))
        x, y = self.w[:, 0] * side, self.w[:, 1] * side
        i, j = x.long().clamp_max(side - 1), y.long().clamp_max(side - 1)
        lower = (x + y - i - j <= 1) | (i + j >= side - 1)
        index = torch.where(lower, j * side + i, (side - 1 - j) * side + side - 1 - i)
        return torch.nn.functional.one_hot(index, side * side).double()


def render(triangles, textures, upstream, s):
    """The picture (4, S, S), and the gradients of triangles (F, 3, 3) and textures (F, T, 3)."""
    points = pixels(s.size)
    faces = [Face(corners, points, s) for corners in triangles]
    mixes = [face.mix(texture, s) for face, texture in zip(faces, textures, strict=True)]
    colors = [mix @ texture for mix, texture in zip(mixes, textures, strict=True)]
    alpha = torch.zeros(len(points), dtype=torch.float64)
    for face in faces:
        if s.t_conorm == "hard":
            alpha = torch.where(face.a > 0.5, 1.0, alpha)
        else:
            alpha = torch.where(face.seen, t_conorm(s.t_conorm, alpha, face.a, s.p), alpha)
    background = torch.tensor(s.background, dtype=torch.float64)
    color, shares = (soft_colors if s.rgb == "softmax" else hard_colors)(faces, colors, background, s)
    g_color, g_alpha = upstream.reshape(4, -1)[:3].T, upstream.reshape(4, -1)[3]
    grad_triangles, grad_textures = torch.zeros_like(triangles), torch.zeros_like(textures)
    for j, face in enumerate(faces):
        grad_textures[j] = mixes[j].T @ (g_color * shares[j].unsqueeze(1))
        gain = torch.zeros_like(alpha)
        if s.rgb == "softmax":
            gain = (g_color * (colors[j] - color)).sum(1) * shares[j]
            g_z = gain * -1 / (s.gamma * (s.far - s.near))
            grad_triangles[j, :, 2] = face.w.T @ (g_z * face.z**2) / triangles[j, :, 2] ** 2
        # Published code passes the gradient on where alpha is hard; here it ends there.
        slope = 0.0 if s.t_conorm == "hard" else t_conorm_slope(s.t_conorm, alpha, face.a, s.p)
        g_a = torch.where(face.seen, g_alpha * slope + gain / face.a.clamp_min(1e-6), 0.0)
        g_delta = torch.where(face.in_range, g_a * face.f / s.tau, 0.0)
        if s.squared:
            g_delta = g_delta * 2
        else:
            g_delta = g_delta / face.d.clamp_min(1e-6)
        toward = (face.sign * g_delta).unsqueeze(1) * (face.q - points)
        grad_triangles[j, :, :2] = face.beta.T @ toward
    picture = torch.cat((color, alpha.unsqueeze(1)), 1).T.reshape(4, s.size, s.size)
    return picture, grad_triangles, grad_textures


def soft_colors(faces, colors, background, s):
    """Colours, and each face's share: a running maximum and sum, which start at ε and e^(ε/γ)."""
    count = len(faces[0].a)
    top = torch.full((count,), s.eps, dtype=torch.float64)
    total = torch.full((count,), math.exp(s.eps / s.gamma), dtype=torch.float64)
    color = background * total.unsqueeze(1)
    for face, own in zip(faces, colors, strict=True):
        new_top = torch.where(face.shown, torch.maximum(top, face.zeta), top)
        shrink = ((top - new_top) / s.gamma).exp()
        weight = torch.where(face.shown, face.a * ((face.zeta - new_top) / s.gamma).exp(), 0.0)
        total = total * shrink + weight
        color = color * shrink.unsqueeze(1) + weight.unsqueeze(1) * own
        top = new_top
    shares = [
        torch.where(face.shown, face.a * ((face.zeta - top) / s.gamma).exp() / total, 0.0) for face in faces
    ]
    return color / total.unsqueeze(1), shares


def hard_colors(faces, colors, background, s):
    """The nearest face's colour, and 1 for that face."""
    count = len(faces[0].a)
    nearest = torch.full((count,), 1e7, dtype=torch.float64)
    winner = torch.full((count,), -1)
    color = background.expand(count, 3).clone()
    for j, (face, own) in enumerate(zip(faces, colors, strict=True)):
        wins = face.shown & face.within & (face.z < nearest)
        nearest, winner = torch.where(wins, face.z, nearest), torch.where(wins, j, winner)
        color = torch.where(wins.unsqueeze(1), own, color)
    return color, [(winner == j).double() for j in range(len(faces))]
