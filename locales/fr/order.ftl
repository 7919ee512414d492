# /deploy : commander un nœud, son plan, et pourquoi ce n’est pas possible.

order-recipe = Que voulez-vous faire tourner ?
order-size = De quelle taille ?
order-region = Où ?
order-name = Comment l’appeler ? (2 à 15 signes parmi a-z et 0-9, une lettre d’abord)
order-ssh-key = Votre clé SSH publique, pour un accès à la machine (une ligne qui commence par ssh-… ; « aucune » pour aucun accès)
order-region-europe = Europe
order-region-americas = Amériques
order-region-asia = Asie
order-region-africa = Afrique
order-region-oceania = Océanie
order-region-anywhere = N’importe où
order-region-other = { $region }

order-plan = Prêt à démarrer : { $recipe }, { $size }, à { $city }, { $country }, sous le nom { $name }
order-plan-country = Prêt à démarrer : { $recipe }, { $size }, dans ce pays : { $country }, sous le nom { $name }
order-changed = Quelque chose a changé depuis : le prix a monté, ou les conditions ont un autre texte. Regardez encore, s’il vous plaît.
order-price = { $hour } par heure, environ { $month } ou { $usd } par mois : { $share } % de votre quota mensuel.
order-why = Pourquoi là : le nœud { $node } de { $farm }, l’un des { $fitting } qui conviennent et sont en marche. Je l’interroge encore avant toute dépense.
order-why-certified = Pourquoi là : le nœud { $node } de { $farm } est certifié, l’un des { $fitting } qui conviennent et sont en marche. Je l’interroge encore avant toute dépense.
order-time = D’habitude { $from } à { $to } jusqu’à ce qu’il réponde.
order-nodes = Nœuds avec lui
order-balance = Votre compte contient { $have }.
order-new-account = Votre compte sur la grille est créé avec ce premier nœud.
order-unproven = Cette image n’a pas encore été vue en marche sur cette grille.
order-terms = Votre premier nœud : la grille vous demande d’accepter ses conditions.
order-terms-link = Conditions générales
order-accept-and-start = Accepter les conditions et déployer
order-start = Démarrer
order-change-size = Changer la taille
order-change-region = Changer le lieu
order-change-name = Nom et clé SSH

order-no = Pas démarré
order-no-recipe = Il n’y a pas de recette « { $recipe } »
order-no-recipe-meant = Vouliez-vous dire { $recipe } ?
order-no-recipe-known = Il y a : { $recipes }.
order-no-size = Il y a ces tailles : { $sizes }.
order-no-name = « { $name } » ne peut pas être un nom : 2 à 15 signes parmi a-z et 0-9, une lettre d’abord.
order-no-name-taken = Vous avez déjà un nœud nommé { $name }.
order-any-name = Choisir un nom pour moi
order-show-it = Montrer celui-là
order-no-key = Ce n’est pas une clé SSH publique. Elle commence par ssh-ed25519 ou ssh-rsa et finit en .pub quand c’est un fichier. N’envoyez jamais une clé privée ni une phrase secrète.
order-without-key = Continuer sans accès
order-no-unproven = { $recipe } n’a jamais été vu en marche sur la grille « { $grid } » (seulement sur : { $proven }). La personne qui gère ce bot peut l’autoriser.
order-no-place = Aucun nœud ne convient en ce moment.
order-without-region = { $count ->
    [one] Un conviendrait dans une autre région.
   *[other] { $count } conviendraient dans d’autres régions.
  }
order-without-ipv4 = { $count ->
    [one] Un convient par ailleurs, mais n’a pas d’adresse publique libre.
   *[other] { $count } conviennent par ailleurs, mais n’ont pas d’adresse publique libre.
  }
order-without-memory = { $count ->
    [one] Un convient par ailleurs, mais a trop peu de mémoire libre.
   *[other] { $count } conviennent par ailleurs, mais ont trop peu de mémoire libre.
  }
order-without-disk = { $count ->
    [one] Un convient par ailleurs, mais a trop peu de disque libre.
   *[other] { $count } conviennent par ailleurs, mais ont trop peu de disque libre.
  }
order-without-cpu = { $count ->
    [one] Un convient par ailleurs, mais a trop peu de processeurs.
   *[other] { $count } conviennent par ailleurs, mais ont trop peu de processeurs.
  }
order-no-gateway = Des nœuds conviennent, mais aucune passerelle, qui donne l’adresse web, n’est en marche. Cela passe en général en quelques minutes.
order-no-answer = { $count ->
    [one] Un nœud convient, mais il n’a pas répondu.
   *[other] Des nœuds conviennent, mais aucun des { $count } interrogés n’a répondu.
  } Redemandez dans une minute : j’en interrogerai d’autres.
order-use-region = Plutôt { $region }
order-no-kyc = La grille veut savoir qui vous êtes avant de faire tourner une machine, et votre vérification d’identité n’a pas été faite.
order-no-kyc-pending = Votre vérification d’identité est encore en cours. Redemandez quand elle sera faite.
order-no-kyc-rejected = Votre vérification d’identité a été refusée ; la grille ne fera pas tourner de machine pour vous.
order-no-money = Votre compte contient { $have } ; un jour de ce nœud en demande { $need }.
order-no-money-send = Envoyez-en à cette adresse, puis redemandez.
