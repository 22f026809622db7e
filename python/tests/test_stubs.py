"""The stubs of the native half beside the module itself, and what the package says of each of its names."""

import ast
import inspect
from pathlib import Path

import pytest
import windtunnel
from windtunnel import _windtunnel

STUBS = ast.parse((Path(windtunnel.__file__).parent / "_windtunnel.pyi").read_text())

#: Slots that every class has, whether it is written out or not.
OF_OBJECT = {name for name in dir(object)} | {"__module__", "__doc__", "__lt__", "__gt__", "__le__", "__ge__"}


def is_dict(node):
    return any(isinstance(base, ast.Name) and base.id == "TypedDict" for base in node.bases)


def declared():
    """Give what the stubs declare at top level: names of values, functions and classes with their nodes."""
    found = {}
    for node in STUBS.body:
        if isinstance(node, ast.FunctionDef) or (isinstance(node, ast.ClassDef) and not is_dict(node)):
            found[node.name] = node
        elif isinstance(node, ast.AnnAssign):
            found[node.target.id] = node
    return found


CLASSES = [node for node in declared().values() if isinstance(node, ast.ClassDef)]
FUNCTIONS = [node for node in declared().values() if isinstance(node, ast.FunctionDef)]


def parameters(node):
    """Give names and whether they may be left out, as the stubs have them."""
    arguments = node.args.posonlyargs + node.args.args
    optional = len(arguments) - len(node.args.defaults)
    listed = [(argument.arg, n >= optional) for n, argument in enumerate(arguments)]
    named = zip(node.args.kwonlyargs, node.args.kw_defaults, strict=True)
    listed += [(argument.arg, default is not None) for argument, default in named]
    return [one for one in listed if one[0] not in ("self", "cls")]


def actual(function):
    """Give the same of the module."""
    listed = inspect.signature(function).parameters.values()
    return [(one.name, one.default is not one.empty) for one in listed if one.name != "self"]


def test_the_stubs_name_all_of_the_module_and_nothing_else():
    there = {name for name in vars(_windtunnel) if not name.startswith("_") or name == "__version__"}
    assert set(declared()) == there


@pytest.mark.parametrize("node", FUNCTIONS, ids=lambda node: node.name)
def test_functions_take_what_their_stubs_say(node):
    assert parameters(node) == actual(getattr(_windtunnel, node.name))


@pytest.mark.parametrize("node", CLASSES, ids=lambda node: node.name)
def test_classes_have_what_their_stubs_say(node):
    cls = getattr(_windtunnel, node.name)
    members = {member.name: member for member in node.body if isinstance(member, ast.FunctionDef)}
    there = {name for name in vars(cls) if name not in OF_OBJECT}
    assert set(members) - OF_OBJECT == there
    for name in sorted(there):
        decorators = [one.id for one in members[name].decorator_list if isinstance(one, ast.Name)]
        is_property = inspect.isgetsetdescriptor(vars(cls)[name]) or inspect.ismemberdescriptor(vars(cls)[name])
        assert ("property" in decorators) == is_property, name
        # Slots such as __len__ and __enter__ have fixed parameters.
        if not is_property and not name.startswith("__"):
            assert parameters(members[name]) == actual(getattr(cls, name)), name
    if "__new__" in members:
        assert parameters(members["__new__"]) == actual(cls)


def public():
    """Give every name that users see, with what is behind it."""
    for name in windtunnel.__all__:
        thing = getattr(windtunnel, name)
        if isinstance(thing, (str, list)):
            continue
        yield name, thing
        if inspect.isclass(thing):
            for member in vars(thing):
                if not member.startswith("_"):
                    yield f"{name}.{member}", inspect.getattr_static(thing, member)


@pytest.mark.parametrize(("name", "thing"), list(public()), ids=lambda it: it if isinstance(it, str) else "")
def test_every_public_name_says_what_it_is(name, thing):
    if "." in name and not (callable(thing) or hasattr(thing, "__get__")):
        # Plain attributes are told by their class.
        owner, _, attribute = name.partition(".")
        assert f"{attribute} : " in getattr(windtunnel, owner).__doc__
        return
    doc = inspect.getdoc(getattr(thing, "func", thing)) or ""
    assert doc.split("\n\n")[0].endswith((".", ":", "::")), doc
    # What stands for a time or an amount names its unit.
    if name.endswith("_ns"):
        assert "[ns]" in doc, name


@pytest.mark.parametrize("name", [name for name in windtunnel.__all__ if callable(getattr(windtunnel, name))])
def test_every_public_function_and_class_has_an_example(name):
    assert ">>>" in (getattr(windtunnel, name).__doc__ or "")
