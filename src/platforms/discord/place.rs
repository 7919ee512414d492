//! Where a card's messages are, as the text that an anchor keeps: `1+2` are two ordinary messages, `1~token` is one
//! that only the interaction's token reaches (the bot does not see the channel), and `~1` is one that only its person
//! sees, which only the token of a press of it reaches.
//!
//! Not here: reaching them.

use crate::chat::PlatformError;

/// The most that one interaction's token is good for lies in the token; here it is only kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Place {
    /// Messages in order, each with the token that reaches it, where the bot itself does not.
    Messages(Vec<(u64, Option<String>)>),
    /// A message that only its person sees.
    Ephemeral(u64),
}

impl Place {
    /// Reads an anchor's message.
    ///
    /// # Errors
    /// `Gone` when it is none of ours.
    pub fn read(message: &str) -> Result<Self, PlatformError> {
        if let Some(id) = message.strip_prefix('~') {
            return Ok(Self::Ephemeral(snowflake(id)?));
        }
        let one = |text: &str| -> Result<_, PlatformError> {
            match text.split_once('~') {
                Some((id, token)) => Ok((snowflake(id)?, Some(token.to_owned()))),
                None => Ok((snowflake(text)?, None)),
            }
        };
        Ok(Self::Messages(message.split('+').map(one).collect::<Result<_, _>>()?))
    }

    /// As an anchor keeps it.
    pub fn write(&self) -> String {
        match self {
            Self::Ephemeral(id) => format!("~{id}"),
            Self::Messages(messages) => {
                let texts = messages.iter().map(|(id, token)| match token {
                    Some(token) => format!("{id}~{token}"),
                    None => id.to_string(),
                });
                texts.collect::<Vec<_>>().join("+")
            }
        }
    }
}

/// An id of Discord's: a number, never 0.
///
/// # Errors
/// `Gone` when it is none: whatever has such an id is not there.
pub fn snowflake(text: &str) -> Result<u64, PlatformError> {
    let id = text.parse::<u64>().ok().filter(|id| *id != 0);
    id.ok_or_else(|| PlatformError::Gone(format!("{text:?} is no id of Discord's")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_written_as_it_is_read() {
        for text in ["12", "12+13", "12~aW50.x-y_z", "~12", "12~t+13~t"] {
            assert_eq!(Place::read(text).unwrap().write(), text);
        }
        for text in ["", "0", "x", "12+", "~", "~0"] {
            assert!(matches!(Place::read(text), Err(PlatformError::Gone(_))), "{text}");
        }
    }
}
