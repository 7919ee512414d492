# What is proven of a node, and what keeps it from more.

verify-level-booted = la machine est en marche
verify-level-answering = répond
verify-level-following = suit le réseau
verify-level-agreed = d’accord avec les autres

verify-trouble-unreachable = il ne répond pas
verify-trouble-wrong-network = il est sur un autre réseau que prévu
verify-trouble-no-peers = il n’a pas encore trouvé d’autres nœuds à qui parler
verify-trouble-syncing = il rattrape encore son retard
verify-trouble-stalled = sa chaîne s’est arrêtée
verify-trouble-behind = il est en retard sur les autres
verify-trouble-forked = il a une autre chaîne que les autres

# /verify : un regard neuf, de l’extérieur.
verify-command = vérifier
    .description = Regarder l’un de vos nœuds de l’extérieur
    .name = Lequel
    .name-name = nom

verify-which = Lequel faut-il regarder ?
verify-no = Il n’y a encore rien à regarder
verify-no-machine = { $name } n’a pas de machine en marche.
verify-level = { $name } : { $level }
verify-nothing = { $name } : rien ne répond
verify-evidence = { $text }
verify-value-chain = Réseau
verify-value-state = État
verify-value-peers = Pairs
verify-value-height = Hauteur
verify-value-tip = Dernier bloc
verify-value-hash = Son empreinte
verify-state-initialize = démarre ({ $state })
verify-state-catch-up = rattrape son retard ({ $state })
verify-state-keep-up = à jour ({ $state })
verify-age = il y a { $age }
verify-number = { $number }
verify-hash = { $start }…
