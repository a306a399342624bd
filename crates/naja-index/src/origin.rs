//! Which addresses are acceptable, by where they were found.

use naja_spec::SafeUrl;

use crate::config::IndexConfig;
use crate::error::{FetchError, Refusal};
use crate::hop::refusal;
use crate::request::Origin;

/// Refuses local files named by remote pages, plain http named by https pages, and schemes that
/// cannot be fetched.
///
/// # Errors
/// When the address is not acceptable.
pub(crate) fn check(config: &IndexConfig, origin: Origin, url: &SafeUrl) -> Result<(), FetchError> {
    let pages: &[SafeUrl] = match origin {
        Origin::Direct => &[],
        Origin::Index(id) => config.index(id).map_or(&[], |index| index.roots()),
        Origin::FindLinks(at) => config
            .find_links
            .get(usize::from(at))
            .map_or(&[], |place| std::slice::from_ref(&place.url)),
    };
    // The user trusts every mirror: what one of them may name is fine.
    let refusals = pages
        .iter()
        .map(|page| refusal(page, url, &config.tls.insecure_hosts));
    let why = match pages {
        [] => (!matches!(url.scheme(), "http" | "https" | "file")).then_some(Refusal::Scheme),
        _ => refusals.min_by_key(Option::is_some).flatten(),
    };
    match why {
        Some(why) => Err(FetchError::Refused {
            url: url.without_credentials(),
            why,
        }),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{FindLinks, Index, IndexId};

    #[test]
    fn addresses_are_judged_by_the_page_they_are_on() {
        let url = |text: &str| SafeUrl::parse(text).unwrap();
        let config = IndexConfig {
            indexes: vec![Index::new(url("https://index.example/simple/"))],
            find_links: vec![FindLinks {
                url: url("file:///wheels/"),
            }],
            ..IndexConfig::default()
        };
        let (index, links) = (Origin::Index(IndexId(0)), Origin::FindLinks(0));
        for (origin, address, fine) in [
            (index, "https://files.example/a.whl", true),
            (index, "http://files.example/a.whl", false),
            (index, "file:///etc/passwd", false),
            (links, "file:///wheels/a.whl", true),
            (links, "https://files.example/a.whl", true),
            (Origin::Direct, "file:///wheels/a.whl", true),
            (Origin::Direct, "http://files.example/a.whl", true),
            (Origin::Direct, "ftp://files.example/a.whl", false),
        ] {
            assert_eq!(
                check(&config, origin, &url(address)).is_ok(),
                fine,
                "{address}"
            );
        }
    }
}
