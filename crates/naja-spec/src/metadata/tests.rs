use super::*;

const PLAIN: &str = "\
Metadata-Version: 2.2
Name: Foo_Bar
Version: 1.0-1
Summary: something
Requires-Python: >=3.8, !=3.9.*
Requires-Dist: a (>=1.0)
Requires-Dist: b>=1.0.* ; extra == 'X_y'
Requires-Dist: c >=1,
\t<2
provides-extra: X_y
Provides-Extra: x-y
Provides-Extra: not a name
Dynamic: License
Classifier: Foo :: Bar

Requires-Dist: body
Name: body
";

#[test]
fn the_fields_are_read() {
    let metadata = CoreMetadata::parse(PLAIN.as_bytes()).unwrap();
    assert_eq!(metadata.metadata_version, (2, 2));
    assert_eq!(metadata.name.as_str(), "foo-bar");
    assert_eq!(metadata.version.to_string(), "1.0.post1");
    let requires: Vec<_> = metadata
        .requires_dist
        .iter()
        .map(ToString::to_string)
        .collect();
    assert_eq!(requires, ["a>=1.0", "b>=1.0; extra == \"x-y\"", "c>=1,<2"]);
    assert_eq!(
        metadata.requires_python.as_ref().unwrap().to_string(),
        ">=3.8,!=3.9.*"
    );
    assert_eq!(metadata.provides_extra, [ExtraName::parse("x-y").unwrap()]);
    assert_eq!(metadata.dynamic, ["license"]);
    assert!(metadata.is_dynamic("LICENSE") && !metadata.is_dynamic("Requires-Dist"));
    let crlf = PLAIN.replace('\n', "\r\n");
    assert_eq!(CoreMetadata::parse(crlf.as_bytes()).unwrap(), metadata);
}

#[test]
fn old_metadata_may_change_in_every_field() {
    let metadata = CoreMetadata::parse(b"Metadata-Version: 2.1\nName: a\nVersion: 1\n").unwrap();
    assert!(metadata.is_dynamic("Requires-Dist"));
    let metadata = CoreMetadata::parse(b"Name: a\nVersion: 1\nRequires-Python: 3.6\n").unwrap();
    assert_eq!(
        (metadata.metadata_version, metadata.requires_python),
        ((1, 0), None)
    );
}

#[test]
fn text_that_is_not_utf_8_is_survived() {
    let bytes = b"Name: a\nAuthor: Andr\xe9\nVersion: 1\n\n\xff\xff";
    assert_eq!(
        CoreMetadata::parse(bytes).unwrap().version,
        Version::parse("1").unwrap()
    );
}

#[test]
fn errors_name_what_is_wrong() {
    let parse = |text: &str| CoreMetadata::parse(text.as_bytes()).unwrap_err();
    assert_eq!(parse("Version: 1\n"), MetadataError::Missing("Name"));
    assert_eq!(
        parse("Name: a\n\nVersion: 1\n"),
        MetadataError::Missing("Version")
    );
    assert!(matches!(parse("Name: a b\n"), MetadataError::Name(_)));
    assert!(matches!(parse("Version: x\n"), MetadataError::Version(_)));
    let error = parse("Metadata-Version: 3.0\n");
    assert_eq!(error, MetadataError::UnknownVersion("3.0".to_owned()));
    let error = parse("Name: a\nVersion: 1\nRequires-Dist: b (banana)\n");
    let text = "`Requires-Dist: b (banana)` in the metadata is not usable";
    assert_eq!(error.to_string(), text);
    let MetadataError::RequiresDist(source) = error else {
        panic!()
    };
    assert_eq!(source.span(), 3..3);
}
