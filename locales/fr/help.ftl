# /help : ce que l’on peut demander.

help-command = aide
    .description = Ce que vous pouvez demander ici
    .command = Une commande, expliquée
    .command-name = commande

help-which = De l’aide sur quoi ?
help-all = Voici ce que vous pouvez demander
help-more = /help suivi d’une commande l’explique. Ce que vous ne dites pas, je le demande.
help-name = { $name }
