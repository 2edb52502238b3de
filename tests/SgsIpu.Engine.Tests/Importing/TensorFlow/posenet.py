"""Runs the pose network of shared/assets in NumPy and prints each 61st value of what it computes as JSON: posenet.json.

    python3 posenet.py ../../../../../shared/assets/models > posenet.json

OpenCV 4.6 cannot serve here: 39 of the 99 normalizations take the mean and variance of the image itself, and it leaves their epsilon of 0.001 out.
"""
import json
import sys

import numpy as np

from graphdef import attributes, fields, name, one

MODELS = sys.argv[1]
STEP = 61


def constant(node):
    tensor = one(attributes(node)['value'], 8)
    kind = {1: '<f4', 3: '<i4'}[one(tensor, 1)]
    shape = [one(d, 1, 0) for key, _, d in fields(one(tensor, 2, b'')) if key == 2]
    if (content := one(tensor, 4)) is not None:
        return np.frombuffer(content, kind).reshape(shape)
    numbers = one(tensor, 5 if kind == '<f4' else 7, b'')
    value = numbers if isinstance(numbers, int) else np.frombuffer(numbers, '<f4')[0] if kind == '<f4' and numbers else numbers[0] if numbers else 0
    return np.full(shape, value, kind)


def integers(attribute):
    packed = one(one(attribute, 1), 3)
    return list(packed)


def padded(x, kernel, strides, node):
    assert attributes(node)['padding'].endswith(b'SAME')
    pads = [max((-(-n // s) - 1) * s + k - n, 0) for n, k, s in zip(x.shape[1:3], kernel, strides)]
    return np.pad(x, [(0, 0)] + [(p // 2, p - p // 2) for p in pads] + [(0, 0)])


def windows(node, x, kernel):
    """Each tap's pixels, with its row and column in the kernel."""
    strides = integers(attributes(node)['strides'])[1:3]
    size = [-(-n // s) for n, s in zip(x.shape[1:3], strides)]
    x = padded(x, kernel, strides, node)
    for i in range(kernel[0]):
        for j in range(kernel[1]):
            yield i, j, x[:, i:i + (size[0] - 1) * strides[0] + 1:strides[0], j:j + (size[1] - 1) * strides[1] + 1:strides[1]]


def convolution(node, x, w):
    return sum(pixels @ w[i, j] for i, j, pixels in windows(node, x, w.shape))


def depthwise(node, x, w):
    assert w.shape[3] == 1
    return sum(pixels * w[i, j, :, 0] for i, j, pixels in windows(node, x, w.shape))


def normalization(node, x, scale, offset, mean, variance):
    """Without statistics those of the image itself, which is what half of this network has: it was never frozen for inference."""
    if mean.size == 0:
        mean, variance = x.mean((0, 1, 2)), x.var((0, 1, 2))
    epsilon = np.frombuffer(one(attributes(node)['epsilon'], 4), '<f4')[0]
    return (x - mean) / np.sqrt(variance + epsilon) * scale + offset


def bilinear(node, x, size):
    corners = one(attributes(node).get('align_corners', b''), 5, 0)
    for axis, n in zip((1, 2), size):
        length = x.shape[axis]
        at = np.arange(n) * ((length - 1) / (n - 1) if corners else length / n)
        low = np.floor(at).astype(int)
        weight = (at - low).reshape([n if a == axis else 1 for a in range(4)])
        x = x.take(low, axis) * (1 - weight) + x.take(np.minimum(low + 1, length - 1), axis) * weight
    return x


OPERATORS = {
    'Add': lambda node, a, b: a + b,
    'ConcatV2': lambda node, *x: np.concatenate(x[:-1], int(x[-1])),
    'Const': lambda node: constant(node),
    'Conv2D': convolution,
    'DepthwiseConv2dNative': depthwise,
    'FusedBatchNorm': normalization,
    'Identity': lambda node, x: x,
    'Relu': lambda node, x: np.maximum(x, 0),
    'Relu6': lambda node, x: np.clip(x, 0, 6),
    'ResizeBilinear': bilinear,
    'Shape': lambda node, x: np.array(x.shape),
    'StridedSlice': lambda node, x, begin, end, step: x[int(begin[0]):int(end[0]):int(step[0])],
}


def run(file, values, output):
    """The value of a node in double precision; the file has nodes in any order."""
    nodes = {name(node): node for key, _, node in fields(open(file, 'rb').read()) if key == 1}

    def value(of):
        if of not in values:
            node = nodes[of]
            inputs = [content.decode().split(':')[0] for key, _, content in fields(node) if key == 3 and content[:1] != b'^']
            result = OPERATORS[one(node, 2).decode()](node, *[value(i) for i in inputs])
            values[of] = result.astype(np.float64) if result.dtype.kind == 'f' else result
        return values[of]

    sys.setrecursionlimit(10000)
    return value(output)


if __name__ == '__main__':
    photo = np.load(f'{MODELS}/pb/mobilenet_v1_0.25_224/reference/input.npy').reshape(1, 224, 224, 3).astype(np.float64)
    y = run(f'{MODELS}/pb/tf_pose_mobilenet_v2_small/graph_opt.pb', {'image': photo}, 'Openpose/concat_stage7')
    print(json.dumps([float(f'{v:.7g}') for v in y.ravel()[::STEP]]))
