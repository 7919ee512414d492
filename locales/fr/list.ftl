# /list : ce que quelqu’un fait tourner.

list-command = liste
    .description = Vos nœuds

list-none = Vous n’avez pas encore de nœud
list-some = { $count ->
    [one] Vous avez un nœud
   *[other] Vous avez { $count } nœuds
  }
list-deploy = En déployer un
list-name = { $name }
list-entry = { $stage } · { $recipe }, { $size } · { $place }
list-cost = En tout { $hour } par heure.
list-starting = démarre
list-running = tourne
list-stopping = en cours de retrait
list-unknown = d’un type inconnu
list-nowhere = pas encore de place
