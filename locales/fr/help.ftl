# /help : ce que l’on peut demander.

help-command =
    .description = Ce que vous pouvez demander ici
    .command = Une commande, expliquée

help-which = De l’aide sur quoi ?
help-all = Voici ce que vous pouvez demander
help-more = /help suivi d’une commande l’explique. Ce que vous ne dites pas, je le demande.
help-name = { $name }
