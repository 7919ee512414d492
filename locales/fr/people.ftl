# Who someone is, and how much they may use.

people-over-what = Pas démarré : ce serait plus que ce à quoi vous avez droit.
people-over-nodes = Il faut { $asked ->
    [one] un nœud
   *[other] { $asked } nœuds
  } ; il vous en reste { $left } sur { $of }.
people-over-vcpu = Il faut { $asked } processeurs virtuels ; il vous en reste { $left } sur { $of }.
people-over-memory = Il faut { $asked } Go de mémoire ; il vous reste { $left } Go sur { $of }.
people-over-disk = Il faut { $asked } Go de disque ; il vous reste { $left } Go sur { $of }.
people-over-tft = Cela coûte environ { $asked } TFT par mois ; il vous reste { $left } TFT sur { $of }.
people-over-more = Arrêtez-en un dont vous n’avez plus besoin, choisissez une taille plus petite, ou demandez davantage à la personne qui gère ce bot.
people-over-renews = Ce que vos nœuds arrêtés ont coûté ce mois-ci ne comptera plus à partir du { $date }.
people-over-list = Voir les miens
