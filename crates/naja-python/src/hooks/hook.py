# Calls one hook of a build backend (PEP 517, PEP 660). Question and answer are files, because
# backends print whatever they like.
import json
import os
import sys


def load(name, paths):
    from importlib import import_module
    for path in reversed(paths):
        sys.path.insert(0, path)
    module, _, attributes = name.partition(':')
    found = import_module(module)
    if paths:
        file = os.path.normcase(os.path.realpath(getattr(found, '__file__', None) or '.'))
        roots = [os.path.normcase(os.path.realpath(path)) + os.sep for path in paths]
        if not any(file.startswith(root) for root in roots):
            raise ImportError('backend-path does not hold the backend: it was found at ' + file)
    for attribute in attributes.split('.'):
        if attribute:
            found = getattr(found, attribute)
    return found


def answer(question):
    try:
        backend = load(question['backend'], question['paths'])
    except BaseException as error:
        tell()
        return {'kind': 'import', 'text': words(error), 'module': getattr(error, 'name', None)}
    hook = getattr(backend, question['hook'], None)
    if hook is None:
        return {'kind': 'absent'}
    try:
        value = hook(*question['arguments'])
        if isinstance(value, (list, tuple)):
            value = [str(item) for item in value]
        elif value is None:
            value = ''
        else:
            value = os.fspath(value) if hasattr(value, '__fspath__') else str(value)
    except BaseException as error:
        tell()
        return {'kind': 'failed', 'text': words(error), 'module': getattr(error, 'name', None)}
    return {'kind': 'list' if isinstance(value, list) else 'text', 'value': value}


def words(error):
    lines = str(error).strip().splitlines()
    return type(error).__name__ + (': ' + lines[-1] if lines else '')


def tell():
    import traceback
    sys.stdout.flush()
    traceback.print_exc()


def main():
    question_path, answer_path = sys.argv[1:3]
    sys.path[:] = [path for path in sys.path if path]
    with open(question_path, encoding='utf-8') as file:
        question = json.load(file)
    sys.argv[:] = ['-c']
    said = answer(question)
    if not isinstance(said.get('module'), str):
        said.pop('module', None)
    with open(answer_path, 'w', encoding='utf-8') as file:
        json.dump(said, file)


main()
