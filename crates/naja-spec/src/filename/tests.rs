//! Tests of file names.

use proptest::prelude::*;

use super::*;
use crate::name::PackageName;
use crate::version::Version;

fn name(text: &str) -> PackageName {
    PackageName::parse(text).unwrap()
}

#[test]
fn wheels_of_real_life() {
    for (file, project, version, build) in [
        ("pip-24.0-py3-none-any.whl", "pip", "24.0", None),
        (
            "Foo.Bar_baz-1.0-py2.py3-none-any.whl",
            "foo-bar-baz",
            "1.0",
            None,
        ),
        ("foo__bar-1-py3-none-any.whl", "foo-bar", "1", None),
        (
            "torch-2.1.0+cu118-cp311-cp311-linux_x86_64.whl",
            "torch",
            "2.1.0+cu118",
            None,
        ),
        ("foo-1.0_1-py3-none-any.whl", "foo", "1.0.post1", None),
        ("foo-1.0_post2-py3-none-any.whl", "foo", "1.0.post2", None),
        (
            "foo-1.0.dev0-007a_b-py3-none-any.whl",
            "foo",
            "1.0.dev0",
            Some("7a_b"),
        ),
        (
            "foo-1-20240101000000000000000000-py3-none-any.whl",
            "foo",
            "1",
            Some("20240101000000000000000000"),
        ),
        (
            "numpy-2.1.0-cp313-cp313t-manylinux_2_17_x86_64.manylinux2014_x86_64.whl",
            "numpy",
            "2.1.0",
            None,
        ),
    ] {
        let wheel = WheelName::parse(file).unwrap();
        assert_eq!(wheel.name, name(project));
        assert_eq!(wheel.version, Version::parse(version).unwrap(), "{file}");
        assert_eq!(
            wheel.build.as_ref().map(ToString::to_string).as_deref(),
            build
        );
        assert_eq!(wheel.to_string(), file);
    }
    let wheel = WheelName::parse("a-1-3-py2.py3-none-win32.any.whl").unwrap();
    let tags: Vec<_> = wheel.tags().map(|tag| tag.to_string()).collect();
    let wanted = [
        "py2-none-win32",
        "py2-none-any",
        "py3-none-win32",
        "py3-none-any",
    ];
    assert_eq!(tags, wanted);
    assert_eq!(wheel.stem(), "a-1");
}

#[test]
fn wrong_wheels_are_refused() {
    for file in [
        "",
        ".whl",
        "foo-1.0-py3-none.whl",
        "foo-1.0-1-2-py3-none-any.whl",
        "foo-bar-1.0-py3-none-any.whl",
        "foo-1.0-x1-py3-none-any.whl",
        "foo-1.0--py3-none-any.whl",
        "-1.0-py3-none-any.whl",
        "foo-1.0-py3-none-any.WHL",
        "foo-1.0-py3-none-any.zip",
        "foo-1.0-py3..py2-none-any.whl",
        "foo-1.0-.py3-none-any.whl",
        "foo-1.0-py3.-none-any.whl",
        "foo-1.0-py3--any.whl",
        "foo-1.0-py3-none-../x.whl",
        "../foo-1.0-py3-none-any.whl",
        "foo-1.0/..-py3-none-any.whl",
        "foo-1.0-1/2-py3-none-any.whl",
        "foo-what-py3-none-any.whl",
        "foo-1.0-py3-none-any\u{0}.whl",
        "foo\u{ff21}-1.0-py3-none-any.whl",
    ] {
        assert!(WheelName::parse(file).is_err(), "{file}");
    }
    assert!(WheelName::parse(&format!("a-1-{}-none-any.whl", "p.".repeat(9999))).is_err());
}

#[test]
fn build_tags_are_ordered_as_numbers_then_text() {
    let sorted = [
        "0",
        "1",
        "1a",
        "2",
        "9b",
        "10",
        "10a",
        "100",
        "18446744073709551616",
    ];
    let tags: Vec<_> = sorted
        .iter()
        .map(|text| BuildTag::parse(text).unwrap())
        .collect();
    assert!(tags.is_sorted());
    assert_eq!(BuildTag::parse("007"), BuildTag::parse("7"));
    assert_eq!(BuildTag::parse("a1"), None);
}

#[test]
fn sdists_of_real_life() {
    for (file, project, version) in [
        ("foo_bar-1.0.tar.gz", "foo-bar", "1.0"),
        ("Foo-Bar-1.0.zip", "foo-bar", "1.0"),
        ("foo.bar-1.0-1.tar.bz2", "foo-bar", "1.0.post1"),
        ("foo-bar-2-1.0.tgz", "foo-bar-2", "1.0"),
        ("foo-2-1.0.TAR.GZ", "foo-2", "1.0"),
        ("foo-1.0-beta-2.tar.xz", "foo", "1.0b2"),
    ] {
        let sdist = SdistName::parse(file, Some(&name(project))).unwrap();
        assert_eq!(sdist.version, Version::parse(version).unwrap(), "{file}");
        assert_eq!(sdist.to_string(), file);
    }
    let sdist = SdistName::parse("foo-bar-1.0.tar.gz", None).unwrap();
    assert_eq!(sdist.name, name("foo-bar"));
    for (file, project) in [
        ("foo-bar-1.0.tar.gz", "foo"),
        ("foo-1.0.tar.gz", "bar"),
        ("foo-1.0.exe", "foo"),
        ("foo-1.0.linux-x86_64.tar.gz", "foo"),
        ("foo.tar.gz", "foo"),
        ("-1.0.tar.gz", "foo"),
    ] {
        assert!(
            SdistName::parse(file, Some(&name(project))).is_err(),
            "{file}"
        );
    }
}

#[test]
fn files_of_a_project() {
    let expected = name("foo");
    let wheel = DistFileName::parse_with("FOO-1-py3-none-any.whl", &expected).unwrap();
    assert_eq!(wheel.version(), &Version::parse("1").unwrap());
    let error = DistFileName::parse_with("bar-1-py3-none-any.whl", &expected).unwrap_err();
    assert!(matches!(error, FileNameError::OtherProject { .. }));
}

#[test]
fn normal_form_is_compared_in_place() {
    for (text, normal, same) in [
        ("Foo", "foo", true),
        ("foo-._bar", "foo-bar", true),
        ("foo", "foo-bar", false),
        ("foo-bar", "foo", false),
        ("foo_", "foo", false),
        ("", "", true),
    ] {
        assert_eq!(normalises_to(text, normal), same, "{text}");
    }
}

proptest! {
    #[test]
    fn generated_wheel_names_come_back(
        project in "[A-Za-z0-9]([A-Za-z0-9_.]{0,8}[A-Za-z0-9])?",
        release in "[0-9]{1,3}(\\.[0-9]{1,3}){0,3}",
        build in proptest::option::of("[0-9]{1,25}[a-z_]{0,3}"),
        python in "(py|cp|pp)[0-9]{1,3}(\\.(py|cp)[0-9]{1,2}){0,2}",
        platform in "[a-z0-9_]{1,12}(\\.[a-z0-9_]{1,12}){0,2}",
    ) {
        let build = build.map(|build| format!("-{build}")).unwrap_or_default();
        let file = format!("{project}-{release}{build}-{python}-none-{platform}.whl");
        let wheel = WheelName::parse(&file).unwrap();
        prop_assert_eq!(wheel.to_string(), file);
        prop_assert_eq!(wheel.python(), python);
        prop_assert_eq!(wheel.platform(), platform);
        prop_assert_eq!(&wheel.name, &name(&project));
        prop_assert!(normalises_to(&project, wheel.name.as_str()));
        prop_assert_eq!(wheel.build.is_some(), !build.is_empty());
    }

    #[test]
    fn any_text_is_read_without_panic(text in "\\PC{0,40}", tail in "(\\.whl|\\.tar\\.gz|)") {
        let file = text + &tail;
        let _ = WheelName::parse(&file);
        let _ = SdistName::parse(&file, None);
        let _ = SdistName::parse(&file, Some(&name("foo")));
    }
}
