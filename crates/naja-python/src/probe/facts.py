# Prints the facts about this interpreter as one line of JSON, importing only built-in modules
# unless the installation is one whose paths cannot be derived. Runs on Python 2.7 and 3.x.
import sys
sys.path[:] = [p for p in sys.path if p]


def j(v):
    if v is None:
        return 'null'
    if v is True:
        return 'true'
    if v is False:
        return 'false'
    if isinstance(v, int):
        return '%d' % v
    if isinstance(v, (list, tuple)):
        return '[' + ','.join([j(x) for x in v]) + ']'
    if isinstance(v, dict):
        return '{' + ','.join([j(k) + ':' + j(v[k]) for k in v]) + '}'
    r = ['"']
    for c in v:
        n = ord(c)
        if 32 <= n < 127 and c not in '"\\':
            r.append(c)
        elif n < 0x10000:
            r.append('\\u%04x' % n)
        else:
            n -= 0x10000
            r.append('\\u%04x\\u%04x' % (0xd800 + (n >> 10), 0xdc00 + (n & 0x3ff)))
    r.append('"')
    return ''.join(r)


def say(facts):
    sys.stdout.write('\nnaja-facts:' + j(facts) + '\n')
    sys.stdout.flush()


def lean():
    import _imp
    i = sys.implementation
    p = sys.platform
    nt = 'nt' in sys.builtin_module_names
    facts = {
        'version_info': list(sys.version_info[:5]),
        'version_text': sys.version,
        'implementation': i.name,
        'implementation_version': list(i.version),
        'cache_tag': i.cache_tag,
        'magic': list(sys.modules['_frozen_importlib_external'].MAGIC_NUMBER),
        'executable': sys.executable,
        'prefix': sys.prefix,
        'base_prefix': sys.base_prefix,
        'base_exec_prefix': sys.base_exec_prefix,
        'base_executable': getattr(sys, '_base_executable', None),
        'framework': getattr(sys, '_framework', '') or None,
        'sys_platform': p,
        'os_name': 'nt' if nt else 'posix',
        'is_64bit': sys.maxsize > 2 ** 32,
        'abiflags': getattr(sys, 'abiflags', ''),
        'debug': hasattr(sys, 'gettotalrefcount'),
        'platlibdir': getattr(sys, 'platlibdir', 'lib'),
        'suffixes': list(_imp.extension_suffixes()),
        'libc': None,
        'uname': None,
        'full': None,
    }
    if not nt:
        import posix
        u = posix.uname()
        facts['uname'] = [u.sysname, u.release, u.version, u.machine]
        try:
            facts['libc'] = posix.confstr('CS_GNU_LIBC_VERSION')
        except Exception:
            pass
    return facts


def derivable(f):
    if f['sys_platform'] != 'linux' or f['implementation'] != 'cpython':
        return False
    if f['prefix'] == '/usr' or f['prefix'] != f['base_prefix']:
        return False
    lib = '%s/%s/python%d.%d' % (
        f['base_prefix'], f['platlibdir'], sys.version_info[0], sys.version_info[1])
    if 't' in f['abiflags']:
        lib += 't'
    import posix
    try:
        posix.stat(lib + '/os.py')
    except OSError:
        return False
    for mark in ('/EXTERNALLY-MANAGED', '/../python3/dist-packages', '/dist-packages'):
        try:
            posix.stat(lib + mark)
            return False
        except OSError:
            pass
    return True


def full(f):
    import os
    import platform
    import sysconfig
    names = sysconfig.get_scheme_names()
    paths = sysconfig.get_paths()
    short = '%d.%d' % sys.version_info[:2]
    if sys.version_info < (3, 10) and os.path.isdir('/usr/lib/python3/dist-packages') \
            and sys.prefix == '/usr' and 'posix_local' not in names:
        # Debian up to 11 keeps its layout in distutils only.
        try:
            from distutils.command.install import INSTALL_SCHEMES
            scheme = INSTALL_SCHEMES.get('unix_local')
        except Exception:
            scheme = None
        if scheme:
            fill = {'$base': sys.prefix, '$platbase': sys.exec_prefix,
                    '$py_version_short': short, '/$dist_name': ''}
            for theirs, ours in (('purelib', 'purelib'), ('platlib', 'platlib'),
                                 ('scripts', 'scripts'), ('data', 'data'),
                                 ('headers', 'headers')):
                text = scheme[theirs]
                for name in ('$platbase', '$base', '$py_version_short', '/$dist_name'):
                    text = text.replace(name, fill[name])
                paths[ours] = text
    keys = ('purelib', 'platlib', 'scripts', 'data', 'include', 'stdlib', 'platstdlib')
    headers = paths.get('headers')
    if 'venv' in names:
        venv_scheme = 'venv'
    else:
        venv_scheme = 'nt' if os.name == 'nt' else 'posix_prefix'
    root = 'C:\\naja-root' if os.name == 'nt' else '/naja-root'
    venv = sysconfig.get_paths(venv_scheme, {
        'base': root, 'platbase': root, 'installed_base': root, 'installed_platbase': root})
    mac = None
    if sys.platform == 'darwin':
        mac = [platform.mac_ver()[0], platform.mac_ver()[2]]
    site_dirs = [paths['purelib'], paths['platlib']]
    if os.path.isdir('/usr/lib/python3/dist-packages') and sys.prefix == '/usr':
        site_dirs.append('/usr/lib/python3/dist-packages')
    return {
        'paths': dict([(k, paths[k]) for k in keys]),
        'headers': headers,
        'venv_root': root,
        'venv': dict([(k, venv[k]) for k in keys]),
        'site_dirs': site_dirs,
        'mac': mac,
        'platform_tag': sysconfig.get_platform(),
        'platform_machine': platform.machine(),
        'platform_release': platform.release(),
        'platform_system': platform.system(),
        'platform_version': platform.version(),
        'platform_python_implementation': platform.python_implementation(),
        'gil_disabled': bool(sysconfig.get_config_var('Py_GIL_DISABLED')),
    }


if sys.version_info < (3, 8):
    say({'too_old': list(sys.version_info[:3])})
else:
    facts = lean()
    if not derivable(facts):
        facts['full'] = full(facts)
    say(facts)
