"""Runs the frozen graphs of shared/assets in OpenCV's dnn module and prints what it computes as JSON: models.json.

    python3 opencv.py ../../../../../shared/assets/models > models.json

OpenCV 4.6 reads no audio: such nodes are replaced by an input.
"""
import json
import sys

import cv2
import numpy as np

from graphdef import fields, name

MODELS = sys.argv[1]


def number(value):
    result = b''
    while True:
        low, value = value & 127, value >> 7
        result += bytes([low | (128 if value else 0)])
        if not value:
            return result


def field(key, content):
    return number(key << 3 | 2) + number(len(content)) + content


def attribute(key, value):
    return field(5, field(1, key) + field(2, value))


def placeholder(node):
    return field(1, node) + field(2, b'Placeholder') + attribute(b'dtype', number(6 << 3) + number(1))


def run(file, replaced, dropped, feed, output):
    graph = b''
    for key, raw, node in fields(open(f'{MODELS}/pb/{file}', 'rb').read()):
        if key == 1 and name(node) in replaced:
            raw = field(1, replaced[name(node)])
        if key != 1 or name(node) not in dropped:
            graph += raw
    net = cv2.dnn.readNetFromTensorflow(np.frombuffer(graph, np.uint8))
    net.setInput(feed)
    result = net.forward(output)
    return (result.transpose(0, 2, 3, 1) if result.ndim == 4 else result).ravel()


def pattern(*shape):
    return (np.arange(np.prod(shape), dtype=np.int64) * 37 % 101 / np.float32(100)).astype(np.float32).reshape(shape)


results = {
    'mnist_softmax': run('mnist_softmax/mnist.pb', {}, [], pattern(1, 784), 'softmax'),
    'speech_commands_conv': run(
        'speech_commands_conv/conv_actions_frozen.pb', {'Reshape': placeholder(b'Reshape')}, ['wav_data', 'decoded_sample_data', 'AudioSpectrogram', 'Mfcc', 'Reshape/shape'],
        pattern(1, 99, 40, 1).transpose(0, 3, 1, 2).copy(), 'labels_softmax'),
}
print('{\n' + ',\n'.join(f'"{k}": [{", ".join(f"{x:.8g}" for x in v)}]' for k, v in results.items()) + '\n}')
