"""Reads the parts of a protobuf file: what the scripts beside this one need of a frozen graph."""


def varint(data, at):
    value = shift = 0
    while True:
        byte = data[at]
        at += 1
        value |= (byte & 127) << shift
        shift += 7
        if byte < 128:
            return value, at


def fields(data):
    """Key, raw bytes and content of each field; the content of a number is the number, of fixed ones their bytes."""
    at = 0
    while at < len(data):
        key, start = varint(data, at)
        if key & 7 == 2:
            length, start = varint(data, start)
            end = start + length
            content = data[start:end]
        elif key & 7 == 0:
            content, end = varint(data, start)
        else:
            end = start + (4 if key & 7 == 5 else 8)
            content = data[start:end]
        yield key >> 3, data[at:end], content
        at = end


def one(data, key, default=None):
    return next((content for k, _, content in fields(data) if k == key), default)


def name(node):
    return one(node, 1).decode()


def attributes(node):
    return {one(entry, 1).decode(): one(entry, 2) for key, _, entry in fields(node) if key == 5}
