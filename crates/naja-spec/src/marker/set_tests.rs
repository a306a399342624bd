use super::*;
use crate::name::ExtraName;
use crate::specifier::VersionSpecifiers;
use crate::version::Version;

fn set(text: &str) -> MarkerSet {
    MarkerSet::from_marker(&Marker::parse(text).unwrap())
}

/// What other tools print for the same marker where they resolve for all environments.
#[test]
fn prints_short_markers() {
    let table = [
        ("platform_system == 'Windows'", "sys_platform == 'win32'"),
        (
            "platform_system == 'FreeBSD'",
            "platform_system == 'FreeBSD'",
        ),
        (
            "os_name == 'nt' and sys_platform == 'win32'",
            "os_name == 'nt' and sys_platform == 'win32'",
        ),
        (
            "os_name == 'nt' and sys_platform == 'linux'",
            "python_version < '0'",
        ),
        (
            "python_version < '3.9' or python_version >= '3.11'",
            "python_full_version < '3.9' or python_full_version >= '3.11'",
        ),
        ("python_version == '3.9'", "python_full_version == '3.9.*'"),
        ("python_version != '3.9'", "python_full_version != '3.9.*'"),
        (
            "python_version in '3.8 3.9 3.10'",
            "python_full_version >= '3.8' and python_full_version < '3.11'",
        ),
        (
            "python_full_version == '3.9.1'",
            "python_full_version == '3.9.1'",
        ),
        (
            "python_full_version != '3.9.1'",
            "python_full_version != '3.9.1'",
        ),
        (
            "sys_platform in 'linux darwin'",
            "sys_platform in 'linux darwin'",
        ),
        ("'linux' in sys_platform", "'linux' in sys_platform"),
        ("'linux' not in sys_platform", "'linux' not in sys_platform"),
        (
            "sys_platform == 'win32' or sys_platform == 'darwin'",
            "sys_platform == 'darwin' or sys_platform == 'win32'",
        ),
        (
            "sys_platform != 'win32' and sys_platform != 'darwin'",
            "sys_platform != 'darwin' and sys_platform != 'win32'",
        ),
        (
            "python_version < '3.10' or (python_version >= '3.10' and sys_platform=='win32')",
            "python_full_version < '3.10' or sys_platform == 'win32'",
        ),
        (
            "platform_python_implementation != 'PyPy' and implementation_name == 'cpython'",
            "implementation_name == 'cpython' and platform_python_implementation != 'PyPy'",
        ),
        (
            "(os_name == 'posix' and python_version < '3.9') or platform_machine == 'x86_64'",
            "(python_full_version < '3.9' and os_name == 'posix') or platform_machine == 'x86_64'",
        ),
        (
            "implementation_version >= '7.3.0'",
            "implementation_version >= '7.3'",
        ),
        ("platform_version == 'x'", "platform_version == 'x'"),
        (
            "python_full_version >= '3.10.0' and python_full_version < '3.12.0'",
            "python_full_version >= '3.10' and python_full_version < '3.12'",
        ),
        (
            "python_version ~= '3.8'",
            "python_full_version >= '3.8' and python_full_version < '4'",
        ),
        ("sys_platform > 'm'", "python_version < '0'"),
        (
            "python_full_version < '3.13.0a1'",
            "python_full_version < '3.13'",
        ),
        (
            "platform_machine == 'x86_64' and sys_platform == 'linux' and python_version >= '3.9'",
            "python_full_version >= '3.9' and platform_machine == 'x86_64' and sys_platform == 'linux'",
        ),
        (
            "platform_system=='Windows' and sys_platform == 'win32'",
            "sys_platform == 'win32'",
        ),
        (
            "platform_system=='Windows' or sys_platform == 'darwin' or platform_machine != 'arm64'",
            "platform_machine != 'arm64' or sys_platform == 'darwin' or sys_platform == 'win32'",
        ),
        ("python_version >= '3.7.2'", "python_full_version >= '3.8'"),
        (
            "python_version != '3.8' and python_version != '3.9'",
            "python_full_version < '3.8' or python_full_version >= '3.10'",
        ),
        (
            "sys_platform=='win32' and python_version != '3.9'",
            "python_full_version != '3.9.*' and sys_platform == 'win32'",
        ),
        (
            "(sys_platform=='win32' and python_version >= '3.9') or (sys_platform=='darwin' and python_version < '3.9')",
            "(python_full_version < '3.9' and sys_platform == 'darwin') or (python_full_version >= '3.9' and sys_platform == 'win32')",
        ),
        (
            "extra == 'a' or sys_platform == 'win32'",
            "sys_platform == 'win32' or extra == 'a'",
        ),
        ("extra != 'a'", "extra != 'a'"),
        (
            "'A_b' in extras and 'dev' not in dependency_groups",
            "'a-b' in extras and 'dev' not in dependency_groups",
        ),
        ("'3.8' <= python_version", "python_full_version >= '3.8'"),
    ];
    for (given, wanted) in table {
        assert_eq!(set(given).to_string(), wanted, "{given}");
    }
}

#[test]
fn simplifies_within_what_is_assumed() {
    let python =
        |text: &str| MarkerSet::from_requires_python(&VersionSpecifiers::parse(text).unwrap());
    let table = [
        (">=3.8", "python_version >= '3.8'", "true"),
        (
            ">=3.9",
            "python_version == '3.9'",
            "python_full_version < '3.10'",
        ),
        (
            ">=3.8,<3.12",
            "python_version >= '3.8' and python_version < '3.10'",
            "python_full_version < '3.10'",
        ),
        (
            ">=3.8",
            "python_version < '3.9' or sys_platform == 'win32'",
            "python_full_version < '3.9' or sys_platform == 'win32'",
        ),
        (
            ">=3.9",
            "python_version >= '3.8' and sys_platform == 'win32'",
            "sys_platform == 'win32'",
        ),
    ];
    for (assumed, given, wanted) in table {
        assert_eq!(
            set(given).simplify(&python(assumed)).to_string(),
            wanted,
            "{given}"
        );
    }
    let windows = set("sys_platform == 'win32'");
    assert!(set("sys_platform != 'darwin'").simplify(&windows).is_all());
    let both = set("sys_platform == 'win32' or sys_platform == 'linux'");
    let left = set("sys_platform == 'win32'").simplify(&both);
    assert_eq!(left.and(&both), windows);
}
