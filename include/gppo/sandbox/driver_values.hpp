// SPDX-License-Identifier: Apache-2.0
//
// How values of Python cross the wall of the sandbox: JSON, with one-key objects as tags for what
// JSON lacks. Plain data only: a class with an __eq__ of its own arrives as {"u": its name}.
//   {"t": [...]} tuple       {"d": [[key, value], ...]} dict   {"s": [...]} set
//   {"i": "digits"} integer  {"f": "nan"} float                {"b": "latin-1"} bytes
//   {"c": [re, im]} complex  {"g": [...]} iterator             {"u": "name"} anything else
//   {"l": [...]} ListNode    {"n": [...]} TreeNode by level    {"h": [number, "name"]} kept object
#pragma once

namespace gppo {

inline constexpr const char* sandbox_driver_values = R"python(
# --- values: JSON with tags for what JSON lacks ---
quote = _json.encode_basestring_ascii

def nodes(x):
    out = []
    while x is not None:
        out.append(x.val)
        if len(out) > 1000000: raise ValueError('a list without end')
        x = x.next
    return out

def levels(root):
    out, row = [], [root]
    while row:
        below = []
        for x in row:
            out.append(None if x is None else x.val)
            if x is not None: below += [x.left, x.right]
        if len(out) > 1000000: raise ValueError('a tree without end')
        row = below
    while out and out[-1] is None: out.pop()
    return out

def many(tag, items): return '{"%s":[%s]}' % (tag, ','.join([encode(i) for i in items]))

def encode(x):
    if x is None: return 'null'
    if isinstance(x, bool): return 'true' if x else 'false'
    if isinstance(x, int):
        x = int(x)
        if -HUGE <= x < HUGE: return int.__repr__(x)
        sys.set_int_max_str_digits(0) if hasattr(sys, 'set_int_max_str_digits') else None
        return '{"i":"%s"}' % int.__repr__(x)
    if isinstance(x, float):
        x = float(x)
        return float.__repr__(x) if x - x == 0 else '{"f":"%s"}' % float.__repr__(x)
    if isinstance(x, str): return quote(x)
    if isinstance(x, list):
        if type(x) is list and x and type(x[0]) is int and set(map(type, x)) == {int} and -HUGE <= min(x) <= max(x) < HUGE:
            return '[' + ','.join(map(repr, x)) + ']'
        return '[' + ','.join([encode(i) for i in x]) + ']'
    if isinstance(x, tuple): return many('t', x)
    if isinstance(x, dict): return '{"d":[%s]}' % ','.join(['[%s,%s]' % (encode(k), encode(v)) for k, v in x.items()])
    if isinstance(x, (set, frozenset)): return many('s', x)
    if isinstance(x, (bytes, bytearray)): return '{"b":%s}' % quote(x.decode('latin-1'))
    if isinstance(x, complex): return '{"c":[%s,%s]}' % (encode(x.real), encode(x.imag))
    if remote is not None and type(x) is remote: return '{"h":[%d,""]}' % x._handle_
    name = type(x).__name__
    if name == 'ListNode': return many('l', nodes(x))
    if name == 'TreeNode': return many('n', levels(x))
    if type(x).__module__.startswith('numpy') and hasattr(x, 'tolist'): return encode(x.tolist())
    if hasattr(x, '__next__') or isinstance(x, (range, type({}.keys()), type({}.values()), type({}.items()))):
        out = []
        for i in x:
            out.append(i)
            if len(out) > 1000000: raise ValueError('an iterator without end')
        return many('g', out)
    if handles is not None and not name.startswith('_'):
        handles.append(x)
        return '{"h":[%d,%s]}' % (len(handles) - 1, quote(name))
    return '{"u":%s}' % quote(name)

handles = None  # objects kept for a checker, only in a session
remote = None   # the checker's class for them
known = lambda number: handles[number]
space = {}

class ListNode:
    def __init__(self, val=0, next=None): self.val, self.next = val, next

class TreeNode:
    def __init__(self, val=0, left=None, right=None): self.val, self.left, self.right = val, left, right

def list_node(values):
    make, head = space.get('ListNode', ListNode), None
    for v in reversed(values):
        node = make(v)
        node.next, head = head, node
    return head

def tree_node(values):
    make, values = space.get('TreeNode', TreeNode), list(values)
    if not values or values[0] is None: return None
    root = make(values[0])
    row, at = [root], 1
    while row and at < len(values):
        below = []
        for node in row:
            for side in ('left', 'right'):
                if at < len(values) and values[at] is not None:
                    child = make(values[at])
                    setattr(node, side, child)
                    below.append(child)
                at += 1
        row = below
    return root

def untag(d):
    if len(d) != 1: return d  # a message
    (tag, v), = d.items()
    if tag == 't': return tuple(v)
    if tag == 'd': return {k: w for k, w in v}
    if tag == 's': return set(v)
    if tag == 'f': return float(v)
    if tag == 'i': return int(v)
    if tag == 'b': return v.encode('latin-1')
    if tag == 'c': return complex(*v)
    if tag == 'l': return list_node(v)
    if tag == 'n': return tree_node(v)
    if tag == 'g': return iter(v)
    if tag == 'h': return known(v[0])
    if tag == 'u': return object()  # equal to nothing
    raise ValueError('unknown tag')

class Scan:
    strict, object_hook, object_pairs_hook, memo = False, staticmethod(untag), None, {}
    parse_float, parse_int, parse_constant = float, int, float

scan = _json.make_scanner(Scan)
def decode(text): return scan(text, 0)[0]

)python";

}  // namespace gppo
