# Byte-compiles the files named on standard input, one answer for each on standard output.
# Uses only what the interpreter has frozen into it, so it starts in a few milliseconds.
import sys
sys.path[:] = [p for p in sys.path if p]
import _frozen_importlib_external as b

try:
    import posix as system
except ImportError:
    import nt as system

READ, WRITE = sys.stdin.buffer, sys.stdout.buffer
FLAGS = system.O_EXCL | system.O_CREAT | system.O_WRONLY | getattr(system, 'O_BINARY', 0)
FLAGS |= getattr(system, 'O_CLOEXEC', 0)


def decode(raw):
    return raw.decode(sys.getfilesystemencoding(), sys.getfilesystemencodeerrors())


def compile_one(source, target, shown, optimize):
    if not target:
        target = b.cache_from_source(source, optimization='' if optimize < 1 else optimize)
    info = system.stat(source)
    with b._io.FileIO(source) as file:
        text = file.read()
    loader = b.SourceFileLoader('<naja>', source)
    code = loader.source_to_code(text, shown or source, _optimize=optimize)
    data = b._code_to_timestamp_pyc(code, int(info.st_mtime), info.st_size)
    slash = max(target.rfind('/'), target.rfind(system.sep) if hasattr(system, 'sep') else -1,
                target.rfind('\\') if sys.platform == 'win32' else -1)
    if slash > 0:
        try:
            system.mkdir(target[:slash])
        except FileExistsError:
            pass
    beside = '%s.%d' % (target, system.getpid())
    handle = system.open(beside, FLAGS, (info.st_mode | 0o600) & 0o666)
    try:
        with b._io.FileIO(handle, 'wb') as file:
            file.write(data)
        system.replace(beside, target)
    except OSError:
        system.unlink(beside)
        raise


def main():
    while True:
        head = READ.readline().split()
        if not head:
            break
        source, target, shown = [decode(READ.read(int(n))) for n in head[:3]]
        try:
            compile_one(source, target, shown, int(head[3]))
            answer = b''
        except Exception as error:
            text = '%s: %s' % (type(error).__name__, error)
            answer = text[:300].encode('utf-8', 'replace') or b'?'
        WRITE.write(b'%d\n' % len(answer) + answer)
        WRITE.flush()


main()
