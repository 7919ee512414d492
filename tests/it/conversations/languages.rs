//! The same house in French, and in the pseudo-language, where everything is longer.

use crate::house::House;
use insta::assert_snapshot;

#[tokio::test(start_paused = true)]
async fn french() {
    let mut house = House::without_grid().await;
    house.reads("fr-BE");
    assert_snapshot!(house.say("/help").await, @r"
    Voici ce que vous pouvez demander
      /deploy: Déployer un nœud, prouvé en quelques minutes
      /list: Vos nœuds
      /show: L’un de vos nœuds tel qu’il est maintenant
      /verify: Regarder l’un de vos nœuds de l’extérieur
      /destroy: Retirer l’un de vos nœuds
      /recipes: Ce qui peut être déployé, et en quelles tailles
      /me: Votre jumeau, votre solde, vos limites et votre langue
      /claim: Admettre ce salon, ou devenir propriétaire
      /help: Ce que vous pouvez demander ici
      /help suivi d’une commande l’explique. Ce que vous ne dites pas, je le demande.
    ");
    assert_snapshot!(house.say("/dpeloy").await, @r"
    ○ La commande /dpeloy n’existe pas
      Vouliez-vous dire /deploy ?
      [/deploy]
    ");
    assert_snapshot!(house.say("/deploy casper").await, @r"
    ○ La grille ne répond pas en ce moment : la chaîne
      Cela passe en général en quelques minutes. Redemandez alors ; rien n’a changé entre-temps.
      [Redemander]
    ");
}

#[tokio::test(start_paused = true)]
async fn the_pseudo_language_fits() {
    let mut house = House::without_grid().await;
    house.reads("qps");
    // The room checks what each platform takes.
    for line in ["/help", "/help deploy", "/recipes", "/me", "/deploy", "/deploy casper", "/nonsense", "/list", "/show"]
    {
        let seen = house.say(line).await;
        assert!(!seen.contains("You ") && !seen.contains(" the "), "not translated: {seen}");
    }
}
