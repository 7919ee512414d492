//! What an operator must set up at Discord, and whether it is so.
//!
//! Nothing is changed here. Words are English: they are for whoever runs the program.

use super::config::{Config, Mode};
use super::register::{definitions, has};
use super::rest::{Call, Fault, Rest};
use crate::platforms::{Finding, State};
use crate::secret::{ExposeSecret, SecretString};
use crate::speech::Voices;
use base64::Engine;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use reqwest::Method;
use serde_json::Value;
use serenity::all::{ApplicationId, Permissions, UserId};
use serenity::http::Route;

/// All that the bot needs in a server. Answering commands needs none; these are for messages that go on being edited,
/// threads, and files.
pub const PERMISSIONS: Permissions = Permissions::VIEW_CHANNEL
    .union(Permissions::SEND_MESSAGES)
    .union(Permissions::SEND_MESSAGES_IN_THREADS)
    .union(Permissions::CREATE_PUBLIC_THREADS)
    .union(Permissions::ATTACH_FILES)
    .union(Permissions::READ_MESSAGE_HISTORY);

/// Who we are there.
#[derive(Debug, Clone)]
pub struct Own {
    /// The bot's user.
    pub user: UserId,
    /// Its name.
    pub name: String,
    /// The application.
    pub application: ApplicationId,
    told: Value,
}

/// Asks Discord who we are.
///
/// # Errors
/// Discord's; a refusal when it does not know the token.
pub async fn own(rest: &Rest) -> Result<Own, Fault> {
    let user = rest.send(Call::new(Method::GET, Route::UserMe)).await?;
    let told = rest.send(Call::new(Method::GET, Route::Oauth2ApplicationCurrent)).await?;
    let id = |of: &Value| of.get("id").and_then(Value::as_str)?.parse::<u64>().ok().filter(|id| *id != 0);
    match (id(&user), id(&told)) {
        (Some(own), Some(application)) => Ok(Own {
            user: UserId::new(own),
            name: user.get("username").and_then(Value::as_str).unwrap_or_default().to_owned(),
            application: ApplicationId::new(application),
            told,
        }),
        _ => Err(Fault::Passing("it did not say who we are".to_owned())),
    }
}

/// Looks whether everything at Discord is as it must be.
pub async fn check(config: &Config, token: &SecretString, voices: &Voices) -> Vec<Finding> {
    let finding = |state, said: String, mend: &str| Finding {
        what: "discord",
        address: config.api.clone(),
        state,
        said,
        mend: mend.to_owned(),
    };
    let rest = match Rest::new(&config.api, token) {
        Ok(rest) => rest,
        Err(fault) => return vec![finding(State::Bad, fault.to_string(), "")],
    };
    let own = match own(&rest).await {
        Ok(own) => own,
        Err(fault @ Fault::Refused { status: 401, .. }) => {
            let mend = "Make a new token in the developer portal (Bot, Reset Token) and give that one.";
            return vec![finding(State::Bad, fault.to_string(), mend)];
        }
        Err(fault) => return vec![finding(State::Bad, fault.to_string(), "Is Discord reachable from here?")],
    };
    let mut found =
        vec![finding(State::Ok, format!("the token is {}'s, application {}", own.name, own.application), "")];
    let endpoint = own.told.get("interactions_endpoint_url").and_then(Value::as_str).unwrap_or_default();
    match config.mode {
        Mode::Gateway if !endpoint.is_empty() => found.push(finding(
            State::Bad,
            format!("Discord sends what people ask to {endpoint}, not to the gateway"),
            "Clear the Interactions Endpoint URL in the developer portal, or set mode = \"http\".",
        )),
        Mode::Gateway => found.push(gateway(&rest, &finding).await),
        Mode::Http => {
            let key = own.told.get("verify_key").and_then(Value::as_str).unwrap_or_default();
            let (right, set) = (key.eq_ignore_ascii_case(config.public_key.trim()), !endpoint.is_empty());
            found.push(match (right, set) {
                (false, _) => finding(
                    State::Bad,
                    "public_key is another application's".to_owned(),
                    "Copy the Public Key from the developer portal.",
                ),
                (true, false) => finding(
                    State::Bad,
                    "Discord has no endpoint to send to".to_owned(),
                    "Set the Interactions Endpoint URL in the developer portal to this program's public address.",
                ),
                (true, true) => finding(State::Ok, format!("Discord sends what people ask to {endpoint}"), ""),
            });
        }
    }
    found.push(match has(&rest, own.application, &definitions(voices)).await {
        Ok(true) => finding(State::Ok, "Discord has all commands as they are here".to_owned(), ""),
        Ok(false) => finding(
            State::Warn,
            "Discord has other commands".to_owned(),
            "They are written at the next start of `bellhop serve`.",
        ),
        Err(fault) => finding(State::Bad, fault.to_string(), "The commands could not be read."),
    });
    found
}

async fn gateway(rest: &Rest, finding: &impl Fn(State, String, &str) -> Finding) -> Finding {
    match rest.send(Call::new(Method::GET, Route::GatewayBot)).await {
        Ok(told) => {
            let left = told.pointer("/session_start_limit/remaining").and_then(Value::as_u64).unwrap_or(0);
            let shards = told.get("shards").and_then(Value::as_u64).unwrap_or(1);
            let said = format!("the gateway answers: {shards} shards recommended, {left} sessions left today");
            let mend = "Too many starts today: Discord gives 1000 sessions a day. Find out what restarts the program.";
            if left == 0 { finding(State::Bad, said, mend) } else { finding(State::Ok, said, "") }
        }
        Err(fault) => finding(State::Bad, fault.to_string(), "The gateway's address could not be read."),
    }
}

/// What an operator must do at Discord, step by step, with the invite link when the token is there.
pub fn guide(config: &Config, token: Option<&SecretString>) -> Vec<String> {
    let id = token.and_then(|token| application(token.expose_secret()));
    let id = id.unwrap_or_else(|| "YOUR_APPLICATION_ID".to_owned());
    let invite = format!(
        "https://discord.com/oauth2/authorize?client_id={id}&scope=bot+applications.commands&permissions={}",
        PERMISSIONS.bits()
    );
    let mut steps = vec![
        "Open https://discord.com/developers/applications and make an application.".to_owned(),
        "Under Bot, press Reset Token, and put the token into a file that only you can read, and name that file in \
         BELLHOP_DISCORD_TOKEN_FILE. No privileged intent is needed: leave all three off."
            .to_owned(),
    ];
    match config.mode {
        Mode::Gateway => steps.push("Under General Information, leave Interactions Endpoint URL empty.".to_owned()),
        Mode::Http => steps.push(format!(
            "Under General Information, copy the Public Key into public_key. Lead a public https address to {}{}, start \
             this program, and set that address as Interactions Endpoint URL; Discord tests it at once.",
            config.listen, config.path
        )),
    }
    steps.push(format!("Invite the bot to a server with exactly the permissions that it needs: {invite}"));
    steps.push(
        "Who may use which command in which channel is set in the server's settings, under Integrations.".to_owned(),
    );
    steps
}

/// The id that a bot's token begins with.
fn application(token: &str) -> Option<String> {
    let head = STANDARD_NO_PAD.decode(token.split('.').next()?.trim_end_matches('=')).ok()?;
    String::from_utf8(head).ok().filter(|id| id.parse::<u64>().is_ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_invite_has_exactly_the_permissions_and_the_token_is_not_shown() {
        let token = SecretString::from("MTIzNDU2Nzg5MDEyMzQ1Njc4.abc.secret");
        let steps = guide(&Config::default(), Some(&token)).join("\n");
        assert!(steps.contains("client_id=123456789012345678&"), "{steps}");
        assert!(steps.contains("permissions=309237746688"));
        assert!(!steps.contains("secret"));
        assert!(guide(&Config::default(), None).join("\n").contains("YOUR_APPLICATION_ID"));
    }
}
