# /destroy : retirer un nœud.

destroy-command = retirer
    .description = Retirer l’un de vos nœuds
    .name = Lequel
    .now = Sans redemander
    .name-name = nom
    .now-name = maintenant

destroy-which = Lequel faut-il retirer ?
destroy-no = Rien n’a été retiré
destroy-gone = { $name } n’existe déjà plus ; il n’en reste rien.
destroy-sure = Retirer { $name } ?
destroy-what = Sa machine et son disque sont effacés, pour de bon.
destroy-saves = Il ne coûtera plus { $hour } par heure.
destroy-yes = Le retirer
destroy-keep = Le garder
