//! Terms and conditions: the text that a person accepts, and the hash that goes to the chain
//! (gridproxy.md section 5). The chain keeps link and hash and checks neither; accepting is
//! [`Call::AcceptTerms`](super::Call).

use super::{Call, GridResult, Network, Party, Request, Web, ask};
use md5::{Digest, Md5};

/// The terms as they read at one moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Terms {
    /// Where the text is.
    pub link: String,
    /// MD5 of the text, lower-case hex.
    pub hash: String,
}

impl Terms {
    /// The call by which an account accepts exactly this text.
    pub fn accept(&self) -> Call {
        Call::AcceptTerms { link: self.link.clone(), hash: self.hash.clone() }
    }
}

/// Fetches the document and hashes it. The text changes now and then, so its hash is never a constant.
///
/// # Errors
/// By [`Party::Web`]: `Passing`, `Missing` or `Refused`.
pub async fn fetch(web: &dyn Web, network: &Network) -> GridResult<Terms> {
    let text = ask(web, Party::Web, "terms and conditions", Request::get(&network.terms)).await?;
    Ok(Terms { link: network.terms.clone(), hash: hex::encode(Md5::digest(&text.body)) })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::grid::Response;
    use async_trait::async_trait;
    use std::time::Duration;

    struct Page;

    #[async_trait]
    impl Web for Page {
        async fn send(&self, _: Request) -> GridResult<Response> {
            Ok(Response { status: 200, headers: Vec::new(), body: b"abc".to_vec() })
        }
        async fn dial(&self, _: &str, _: Duration) -> GridResult<()> {
            Ok(())
        }
    }

    #[tokio::test]
    async fn the_hash_is_the_md5_of_the_text() {
        let network = Network::known("main").unwrap();
        let terms = fetch(&Page, &network).await.unwrap();
        // RFC 1321, appendix A.5.
        assert_eq!(terms.hash, "900150983cd24fb0d6963f7d28e17f72");
        assert_eq!(terms.accept(), Call::AcceptTerms { link: network.terms, hash: terms.hash });
    }
}
