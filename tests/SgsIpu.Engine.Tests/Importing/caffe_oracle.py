"""Computes networks of one layer with OpenCV's dnn module, or with the NumPy expression that the case names.

For each folder under the one given: net.prototxt, net.caffemodel, x0.npy..., w0.npy..., expected.txt (may be empty);
writes y.npy, or error.txt.
"""
import glob
import os
import sys

import cv2
import numpy as np


def conv(x, w, stride, pad, groups):
    x = np.pad(x, ((0, 0), (0, 0), (pad, pad), (pad, pad)))
    n, c, h, width = x.shape
    o, i, kh, kw = w.shape
    y = np.zeros((n, o, (h - kh) // stride + 1, (width - kw) // stride + 1))
    for f in range(o):
        g = f // (o // groups)
        for r in range(y.shape[2]):
            for s in range(y.shape[3]):
                part = x[:, g * i:(g + 1) * i, r * stride:r * stride + kh, s * stride:s * stride + kw]
                y[:, f, r, s] = (part * w[f]).sum((1, 2, 3))
    return y


def pool(x, k, stride, pad, mean):
    def count(size):
        n = -(-(size + 2 * pad - k) // stride) + 1
        return n - 1 if pad and (n - 1) * stride >= size + pad else n

    h, w = x.shape[2:]
    y = np.zeros(x.shape[:2] + (count(h), count(w)))
    for r in range(y.shape[2]):
        for s in range(y.shape[3]):
            top, left = r * stride - pad, s * stride - pad
            bottom, right = min(top + k, h + pad), min(left + k, w + pad)
            area = (bottom - top) * (right - left)
            part = x[:, :, max(top, 0):min(bottom, h), max(left, 0):min(right, w)]
            y[:, :, r, s] = part.sum((2, 3)) / area if mean else part.max((2, 3))
    return y


def mean3(x):
    p = np.pad(x, ((0, 0), (0, 0), (1, 1), (1, 1)))
    h, w = x.shape[2:]
    return sum(p[:, :, i:i + h, j:j + w] for i in range(3) for j in range(3)) / 9


def interp(x, height, width):
    def lines(y, size, axis):
        at = np.arange(size) * (y.shape[axis] - 1) / (size - 1)
        low = np.minimum(np.floor(at).astype(int), y.shape[axis] - 2)
        part = (at - low).reshape([-1 if d == axis else 1 for d in range(4)])
        return y.take(low, axis) * (1 - part) + y.take(low + 1, axis) * part

    return lines(lines(x, height, 2), width, 3)


def reorg(x, s):
    """darknet's loop: the source is indexed as a picture of fewer channels and larger sides."""
    n, c, h, w = x.shape
    source, y = x.ravel(), np.zeros(x.size)
    for k in range(c):
        part, channel = divmod(k, c // (s * s))
        for j in range(h):
            for i in range(w):
                row, column = j * s + part // s, i * s + part % s
                y[i + w * (j + h * k)] = source[column + w * s * (row + h * s * channel)]
    return y.reshape(n, c * s * s, h // s, w // s)


def lstm(x, w, b, r):
    """Gates i, f, o, g."""
    n = r.shape[1]
    h = c = np.zeros((x.shape[1], n))
    states = []
    for step in x:
        gates = step @ w.T + b + h @ r.T
        i, f, o = (1 / (1 + np.exp(-gates[:, k * n:(k + 1) * n])) for k in range(3))
        c = f * c + i * np.tanh(gates[:, 3 * n:])
        h = o * np.tanh(c)
        states.append(h)
    return np.stack(states)


def psroi(x, rois, scale, dim, g):
    y = np.zeros((len(rois), dim, g, g))
    h, w = x.shape[2:]
    for r, roi in enumerate(rois):
        x1, y1 = np.round(roi[1]) * scale, np.round(roi[2]) * scale
        bw = max((np.round(roi[3]) + 1) * scale - x1, 0.1) / g
        bh = max((np.round(roi[4]) + 1) * scale - y1, 0.1) / g
        for i in range(g):
            for j in range(g):
                top, bottom = (int(np.clip(v, 0, h)) for v in (np.floor(i * bh + y1), np.ceil((i + 1) * bh + y1)))
                left, right = (int(np.clip(v, 0, w)) for v in (np.floor(j * bw + x1), np.ceil((j + 1) * bw + x1)))
                for c in range(dim):
                    part = x[0, (c * g + i) * g + j, top:bottom, left:right]
                    y[r, c, i, j] = part.mean() if part.size else 0
    return y


def compute(folder):
    def load(prefix):
        files = sorted(glob.glob(os.path.join(folder, prefix + '[0-9].npy')))
        return {os.path.basename(f)[:-4]: np.load(f) for f in files}

    inputs = load('x')
    with open(os.path.join(folder, 'expected.txt')) as f:
        expression = f.read()
    if expression:
        scope = dict(globals(), **inputs, **load('w'))
        return eval(expression, scope)
    net = cv2.dnn.readNetFromCaffe(os.path.join(folder, 'net.prototxt'), os.path.join(folder, 'net.caffemodel'))
    for name, value in inputs.items():
        net.setInput(value, name)
    return net.forward()


for case in sorted(glob.glob(os.path.join(sys.argv[1], '*', ''))):
    try:
        np.save(os.path.join(case, 'y.npy'), np.ascontiguousarray(compute(case), np.float32))
    except Exception as e:
        with open(os.path.join(case, 'error.txt'), 'w') as out:
            out.write(repr(e))
