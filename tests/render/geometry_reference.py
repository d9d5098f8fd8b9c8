# tests/render/geometry_reference.py — cameras, light, losses, textures and voxels, naively, in float64 NumPy
import collections

import numpy as np


def unit(a, shortest=1e-5):
    return a / max(np.linalg.norm(a), shortest)


def look_at(vertices, eye, at=(0, 0, 0), up=(0, 1, 0)):
    z = unit(np.subtract(at, eye))
    x = unit(np.cross(up, z))
    y = unit(np.cross(z, x))
    return np.stack([np.array([x, y, z]) @ (v - eye) for v in vertices])


def perspective(vertices, angle):
    t = np.tan(np.radians(angle))
    return np.stack([(x / (z * t), y / (z * t), z) for x, y, z in vertices])


def project(vertices, matrix, distortion, size):
    k1, k2, p1, p2, k3 = distortion
    points = []
    for v in vertices:
        u, w, z = matrix @ np.append(v, 1)
        x, y = u / (z + 1e-5), w / (z + 1e-5)
        r2 = x * x + y * y
        radial = 1 + k1 * r2 + k2 * r2**2 + k3 * r2**3
        xd = x * radial + 2 * p1 * x * y + p2 * (r2 + 2 * x * x)
        yd = y * radial + p1 * (r2 + 2 * y * y) + 2 * p2 * x * y
        points.append((2 * (xd - size / 2) / size, 2 * (yd - size / 2) / size, z))
    return np.array(points)


def face_cross(vertices, face):
    a, b, c = vertices[face]
    return np.cross(b - a, c - a)


def surface_normals(vertices, faces):
    return np.stack([unit(face_cross(vertices, face), 1e-6) for face in faces])


def vertex_normals(vertices, faces):
    sums = np.zeros_like(vertices)
    for face in faces:
        for v in face:
            sums[v] += face_cross(vertices, face)
    return np.stack([unit(n, 1e-6) for n in sums])


def lighting(normals, ambient, colours, directions):
    light = np.tile(np.asarray(ambient, float), (len(normals), 1))
    for colour, direction in zip(colours, directions, strict=True):
        for i, n in enumerate(normals):
            light[i] += np.asarray(colour) * max(0.0, n @ direction)
    return light


def edges_of(faces):
    """Every edge with the vertices opposite to it, face by face."""
    opposite = collections.defaultdict(list)
    for a, b, c in faces:
        for u, v, w in ((a, b, c), (b, c, a), (c, a, b)):
            opposite[min(u, v), max(u, v)].append(w)
    return opposite


def laplacian(vertices, faces):
    neighbours = collections.defaultdict(set)
    for u, v in edges_of(faces):
        neighbours[u].add(v)
        neighbours[v].add(u)
    return sum(((vertices[v] - np.mean(vertices[list(n)], 0)) ** 2).sum() for v, n in neighbours.items())


def flatten(vertices, faces, epsilon=1e-6):
    total = 0.0
    for (u, v), opposite in edges_of(faces).items():
        if len(opposite) != 2:
            continue
        e = vertices[v] - vertices[u]
        h = []
        for w in opposite:
            b = vertices[w] - vertices[u]
            h.append(b - e * (e @ b) / (e @ e + epsilon))
        cosine = h[0] @ h[1] / (np.linalg.norm(h[0]) * np.linalg.norm(h[1]) + epsilon)
        total += (cosine + 1) ** 2
    return total


def iou_loss(p, t):
    return 1 - (p * t).sum() / ((p + t - p * t).sum() + 1e-6)


def voxelize(faces, size):
    """Marks column by column, then floods, as pliant/render/voxels.h says."""
    grid = np.zeros((size,) * 3, int)

    def mark(index):
        if all(0 <= i < size for i in index):
            grid[tuple(index)] = 1

    for face in np.asarray(faces, float) * size:
        for corner in face:
            mark(np.floor(corner).astype(int))
        for axis in range(3):
            a, b = (axis + 1) % 3, (axis + 2) % 3
            side = np.stack([face[1] - face[0], face[2] - face[0]], 1)
            if np.linalg.det(side[[a, b]]) == 0:
                continue
            for i in range(size):
                for j in range(size):
                    w1, w2 = np.linalg.solve(side[[a, b]], [i - face[0][a], j - face[0][b]])
                    if w1 < 0 or w2 < 0 or w1 + w2 > 1:
                        continue
                    depth = int(np.floor(face[0][axis] + w1 * side[axis, 0] + w2 * side[axis, 1]))
                    for di in (-1, 0):
                        for dj in (-1, 0):
                            index = np.zeros(3, int)
                            index[[axis, a, b]] = depth, i + di, j + dj
                            mark(index)
    padded = np.pad(grid, 1)
    padded[0, 0, 0] = 2
    while True:
        reached = padded == 2
        grown = reached.copy()
        for axis in range(3):
            for step in (-1, 1):
                grown |= np.roll(reached, step, axis)
        grown &= padded != 1
        if (grown == reached).all():
            return (padded[1:-1, 1:-1, 1:-1] != 2).astype(np.uint8)
        padded[grown] = 2


def sample_texture(image, uv, resolution):
    """Texels of one face from an image (H, W, 3) in [0, 1], row 0 at the top, and uv (3, 2)."""
    height, width, _ = image.shape
    texels = np.zeros((resolution**2, 3))
    for j in range(resolution):
        for i in range(resolution):
            if i + j < resolution:
                w0, w1 = (i + 1 / 3) / resolution, (j + 1 / 3) / resolution
            else:
                w0, w1 = (resolution - 1 - i + 2 / 3) / resolution, (resolution - 1 - j + 2 / 3) / resolution
            u, v = np.array([w0, w1, 1 - w0 - w1]) @ uv
            u, v = (t if 0 <= t <= 1 else t % 1 for t in (u, v))
            x, y = u * (width - 1), v * (height - 1)
            x0, y0 = int(x), int(y)
            x1, y1 = min(x0 + 1, width - 1), min(y0 + 1, height - 1)
            up = image[::-1]
            low = up[y0, x0] * (x0 + 1 - x) + up[y0, x1] * (x - x0)
            high = up[y1, x0] * (x0 + 1 - x) + up[y1, x1] * (x - x0)
            texels[j * resolution + i] = low * (y0 + 1 - y) + high * (y - y0)
    return texels
