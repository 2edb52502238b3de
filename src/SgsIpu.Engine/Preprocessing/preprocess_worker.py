"""Runs image_preprocess(path, norm) of a user's script for requests on standard input; answers with .npy arrays.

A request is one line of JSON: {"path": ..., "norm": ...}. An answer is one byte, 'A' (array) or 'E' (error text), the length as 8
bytes little-endian, and the content. What the script prints goes to standard error and what it reads is empty, so that neither it nor
its children can disturb requests and answers.
"""
import importlib.util
import io
import json
import os
import struct
import sys
import traceback

requests = os.fdopen(os.dup(0), "rb")
answers = os.fdopen(os.dup(1), "wb")
os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
os.dup2(2, 1)
sys.stdout = sys.stderr


def answer(kind, content):
    answers.write(kind + struct.pack("<Q", len(content)) + content)
    answers.flush()


def load(path):
    sys.path.insert(0, os.path.dirname(os.path.abspath(path)))
    spec = importlib.util.spec_from_file_location("user_preprocess", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.image_preprocess


def call(function, path, norm):
    import numpy
    array = function(path, norm=norm)
    if isinstance(array, (list, tuple)) and len(array) == 1:
        array = array[0]
    content = io.BytesIO()
    numpy.save(content, numpy.ascontiguousarray(array), allow_pickle=False)
    return content.getvalue()


function = None
for line in requests:
    try:
        request = json.loads(line)
        if function is None:
            function = load(sys.argv[1])
        answer(b"A", call(function, request["path"], request["norm"]))
    except BaseException:
        answer(b"E", traceback.format_exc().encode("utf-8", "replace"))
