# Ce que dit une plateforme elle-même, autour des cartes.

door-answer = Répondre…
door-more = Plus…
door-back = Retour
door-choose = Choisissez…
door-private-here = Je vous ai écrit en privé.
door-open-private = Ouvrir notre conversation privée
door-file = La suite est dans le fichier.
door-reply = Pour répondre, répondez à ce message.
door-private-first = Ceci n’est que pour vous. Ouvrez notre conversation privée et appuyez sur Démarrer ; j’y réponds.
door-anonymous = Vous écrivez au nom d’un groupe ou d’une chaîne : je ne peux pas savoir qui vous êtes. Écrivez en votre nom et je réponds.
door-about = Je déploie votre propre nœud de blockchain sur la ThreeFold Grid et je prouve qu’il fonctionne, en quelques minutes. Vous choisissez quoi et où ; j’annonce le prix avant toute dépense et je vous tiens au courant.
door-about-short = Votre propre nœud de blockchain, en marche et vérifié en quelques minutes.
