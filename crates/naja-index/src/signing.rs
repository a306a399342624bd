//! Requests to an object store, signed with AWS Signature Version 4.
//!
//! Only requests below the configured endpoint are signed. The secret never leaves this machine:
//! what is sent is a signature of the one request, good for some minutes.

use percent_encoding::percent_decode_str;
use reqwest::header::{AUTHORIZATION, HeaderMap, HeaderName, HeaderValue};
use sha2::{Digest, Sha256};

use naja_spec::{CivilDate, SafeUrl};

use crate::config::ObjectStore;

/// Length of a block of SHA-256 in bytes.
const BLOCK: usize = 64;
/// The digest of a request without a body.
const NOTHING: &str = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

impl ObjectStore {
    /// Tells whether an address lies below the endpoint.
    pub(crate) fn covers(&self, url: &SafeUrl) -> bool {
        let above = self.endpoint.path().trim_end_matches('/');
        let rest = url.path().strip_prefix(above);
        self.endpoint.same_origin(url)
            && rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    }

    /// Returns the headers that sign a GET request; `now_ms` in milliseconds since 1970.
    pub(crate) fn sign(&self, url: &SafeUrl, now_ms: i64) -> HeaderMap {
        let time = stamp(now_ms.div_euclid(1000));
        let mut signed = vec![
            ("host", authority(url)),
            ("x-amz-content-sha256", NOTHING.to_owned()),
            ("x-amz-date", time.clone()),
        ];
        if let Some(token) = &self.session_token {
            signed.push(("x-amz-security-token", token.0.clone()));
        }
        let authorization = self.authorization(url, &time, &signed);
        let mut headers = HeaderMap::new();
        // The client writes the host itself.
        for (name, value) in signed.into_iter().skip(1) {
            put(&mut headers, HeaderName::from_static(name), &value);
        }
        put(&mut headers, AUTHORIZATION, &authorization);
        headers
    }

    /// Returns the value of `Authorization` for headers sorted by name.
    fn authorization(&self, url: &SafeUrl, time: &str, signed: &[(&str, String)]) -> String {
        let date = time.get(..8).unwrap_or(time);
        let names: Vec<&str> = signed.iter().map(|(name, _)| *name).collect();
        let names = names.join(";");
        let lines = signed
            .iter()
            .map(|(name, value)| format!("{name}:{}\n", value.trim()));
        let request = format!(
            "GET\n{}\n{}\n{}\n{names}\n{NOTHING}",
            path_of(url),
            query_of(url),
            lines.collect::<String>()
        );
        let scope = format!("{date}/{}/s3/aws4_request", self.region);
        let text = format!(
            "AWS4-HMAC-SHA256\n{time}\n{scope}\n{}",
            hex(&Sha256::digest(request.as_bytes()))
        );
        let mut key = hmac(
            format!("AWS4{}", self.secret_key.0).as_bytes(),
            date.as_bytes(),
        );
        for part in [&self.region, "s3", "aws4_request"] {
            key = hmac(&key, part.as_bytes());
        }
        let signature = hex(&hmac(&key, text.as_bytes()));
        format!(
            "AWS4-HMAC-SHA256 Credential={}/{scope},SignedHeaders={names},Signature={signature}",
            self.access_key
        )
    }
}

fn put(headers: &mut HeaderMap, name: HeaderName, value: &str) {
    if let Ok(mut value) = HeaderValue::try_from(value) {
        value.set_sensitive(true);
        headers.insert(name, value);
    }
}

fn authority(url: &SafeUrl) -> String {
    let host = url.host().unwrap_or_default();
    match url.as_url().port() {
        Some(port) => format!("{host}:{port}"),
        None => host.to_owned(),
    }
}

/// The path as it is signed: every byte but unreserved ones and slashes is escaped, once.
fn path_of(url: &SafeUrl) -> String {
    let parts = url.path().split('/');
    let parts: Vec<String> = parts.map(escaped).collect();
    let path = parts.join("/");
    if path.is_empty() {
        return "/".to_owned();
    }
    path
}

/// The query as it is signed: sorted, with a value for every name.
fn query_of(url: &SafeUrl) -> String {
    let query = url.as_url().query().unwrap_or_default();
    let mut pairs: Vec<(String, String)> = query
        .split('&')
        .filter(|pair| !pair.is_empty())
        .map(|pair| pair.split_once('=').unwrap_or((pair, "")))
        .map(|(name, value)| (escaped(name), escaped(value)))
        .collect();
    pairs.sort();
    let pairs: Vec<String> = pairs
        .into_iter()
        .map(|(name, value)| format!("{name}={value}"))
        .collect();
    pairs.join("&")
}

fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in percent_decode_str(text) {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.' | b'~') {
            out.push(char::from(byte));
        } else {
            out.push_str(&format!("%{byte:02X}"));
        }
    }
    out
}

/// HMAC with SHA-256 (RFC 2104).
fn hmac(key: &[u8], text: &[u8]) -> [u8; 32] {
    let mut block = [0_u8; BLOCK];
    if key.len() > BLOCK {
        block[..32].copy_from_slice(&Sha256::digest(key));
    } else {
        block[..key.len()].copy_from_slice(key);
    }
    let with = |pad: u8, text: &[u8]| {
        let mut hash = Sha256::new();
        hash.update(block.map(|byte| byte ^ pad));
        hash.update(text);
        let digest: [u8; 32] = hash.finalize().into();
        digest
    };
    with(0x5c, &with(0x36, text))
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// `20130524T000000Z` for seconds since 1970.
fn stamp(seconds: i64) -> String {
    let (days, of_day) = (seconds.div_euclid(86_400), seconds.rem_euclid(86_400));
    let CivilDate { year, month, day } = CivilDate::of_days_since_1970(days);
    let (hour, minute, second) = (of_day / 3600, of_day / 60 % 60, of_day % 60);
    format!("{year:04}{month:02}{day:02}T{hour:02}{minute:02}{second:02}Z")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Secret;

    /// The examples of AWS's documentation.
    fn store() -> ObjectStore {
        ObjectStore {
            endpoint: SafeUrl::parse("https://examplebucket.s3.amazonaws.com/").unwrap(),
            region: "us-east-1".into(),
            access_key: "AKIAIOSFODNN7EXAMPLE".into(),
            secret_key: Secret("wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY".into()),
            session_token: None,
        }
    }

    const TIME: i64 = 1_369_353_600;

    fn signature(path: &str) -> String {
        let url = store().endpoint.join(path).unwrap();
        let headers = store().sign(&url, TIME * 1000 + 999);
        let value = headers[AUTHORIZATION].to_str().unwrap().to_owned();
        value.rsplit_once('=').unwrap().1.to_owned()
    }

    #[test]
    fn documented_signatures() {
        assert_eq!(
            signature("?lifecycle"),
            "fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543"
        );
        assert_eq!(
            signature("?prefix=J&max-keys=2"),
            "34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7"
        );
        let url = store().endpoint.join("test.txt").unwrap();
        let signed = [
            ("host", authority(&url)),
            ("range", "bytes=0-9".to_owned()),
            ("x-amz-content-sha256", NOTHING.to_owned()),
            ("x-amz-date", stamp(TIME)),
        ];
        assert_eq!(
            store().authorization(&url, &stamp(TIME), &signed),
            "AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request,\
             SignedHeaders=host;range;x-amz-content-sha256;x-amz-date,\
             Signature=f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41"
        );
    }

    #[test]
    fn hmac_vectors() {
        // RFC 4231, cases 2 and 6.
        assert_eq!(
            hex(&hmac(b"Jefe", b"what do ya want for nothing?")),
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
        );
        assert_eq!(
            hex(&hmac(
                &[0xaa; 131],
                b"Test Using Larger Than Block-Size Key - Hash Key First"
            )),
            "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54"
        );
    }

    #[test]
    fn times_and_paths() {
        assert_eq!(stamp(0), "19700101T000000Z");
        assert_eq!(stamp(1_709_208_000), "20240229T120000Z");
        assert_eq!(stamp(951_868_799), "20000229T235959Z");
        let url = SafeUrl::parse("https://h.example/a%20b/c+d/%C3%A9(1)").unwrap();
        assert_eq!(path_of(&url), "/a%20b/c%2Bd/%C3%A9%281%29");
    }

    #[test]
    fn only_below_the_endpoint() {
        let store = ObjectStore {
            endpoint: SafeUrl::parse("https://h.example:9000/bucket").unwrap(),
            ..store()
        };
        for (url, covered) in [
            ("https://h.example:9000/bucket/x", true),
            ("https://h.example:9000/bucket", true),
            ("https://h.example:9000/buckets/x", false),
            ("https://h.example/bucket/x", false),
            ("http://h.example:9000/bucket/x", false),
            ("https://evil.example:9000/bucket/x", false),
        ] {
            assert_eq!(
                store.covers(&SafeUrl::parse(url).unwrap()),
                covered,
                "{url}"
            );
        }
        let debug = format!("{store:?}");
        assert!(!debug.contains("wJalr"), "{debug}");
    }
}
