# Ce que l’accueil dit pour toutes les commandes : demander, refuser, reconnaître ses torts.

desk-take = { $word }
desk-help = Aide
desk-leave = Laisser tel quel
desk-start-again = Recommencer
desk-ask-again = Redemander
desk-one-line = La même chose en une ligne :
desk-did-you-mean = Vouliez-vous dire { $word } ?
desk-see-help = L’aide montre ce qui est possible.

# À l’entrée
desk-hello = Bellhop : votre propre nœud de blockchain, en marche et prouvé en quelques minutes
desk-hello-practice = Ceci est une grille d’entraînement : tout y est comme sur la ThreeFold Grid, mais rien ne coûte rien.
desk-hello-grid = Ceci est la ThreeFold Grid « { $grid } » : les nœuds y coûtent des TFT. Vous voyez le prix avant toute dépense.
desk-hello-begin = /deploy lance votre premier nœud. Ce que vous ne dites pas, je le demande.
desk-hello-again = { $count ->
    [one] Vous avez un nœud ; /list le montre.
   *[other] Vous avez { $count } nœuds ; /list les montre.
  }
desk-hello-deploy = Déployer un nœud
desk-secret = Cela ressemblait à une phrase secrète ou à une clé privée ; je ne l’ai pas gardée
desk-secret-kept = Je n’en ai jamais besoin, et personne ici ne vous en demandera. Elle n’est dans aucun de mes historiques, journaux ou fichiers.
desk-secret-what-now = Si d’autres peuvent lire ici, effacez votre message et mettez ce qu’elle protège sous une nouvelle clé.

# Là où personne n’est servi
desk-room-unknown = Je ne sers pas ce salon
desk-room-unknown-why = Je ne travaille que là où la personne qui me gère a admis le salon ; ailleurs, je réponds à /help et à /claim.
desk-room-unknown-way = La personne qui gère ce bot peut l’admettre : /claim
desk-private-unknown = Je ne sers pas cette conversation
desk-private-unknown-why = En privé, je sers les personnes qui m’ont parlé dans un salon que je sers.
desk-private-unknown-way = Dites-moi /help là-bas une fois ; cette conversation vous sera alors ouverte.

# Lignes illisibles
desk-not-understood = Je n’ai pas compris
desk-not-understood-why = Tout ce que je sais faire commence par une barre oblique ; /help en donne la liste.
desk-no-command = La commande /{ $name } n’existe pas
desk-no-parameter = /{ $command } n’a pas d’option « { $name } »
desk-extra = « { $word } » n’a pas de place dans /{ $command }
desk-twice = « { $name } » est donné deux fois
desk-no-value = « { $name } » n’a pas de valeur
desk-open-quote = Un guillemet n’est pas fermé
desk-open-quote-why = Mettez toute la valeur entre deux guillemets.
desk-only-private = /{ $command } est réservé aux conversations privées
desk-only-private-why = Dites-le là où vous et moi sommes seuls à lire.

# Réponses qui ne conviennent pas
desk-no-recipe = La recette « { $value } » n’existe pas
desk-no-size = La taille « { $value } » n’existe pas
desk-no-region = La région « { $value } » n’existe pas
desk-no-deployment = Vous n’avez pas de nœud appelé « { $value } »
desk-no-yes = « { $name } » attend yes (oui) ou no (non), pas « { $value } »
desk-no-choice = « { $name } » attend { $choices }, pas « { $value } »

# Boutons et formulaires
desk-button-gone = Ce bouton est trop ancien
desk-button-gone-why = Redemandez, et vous en aurez un nouveau.
desk-form-gone = Ce formulaire est trop ancien
desk-form-gone-why = Redemandez, et vous en aurez un nouveau.
desk-foreign = Ce bouton est à { $owner }
desk-foreign-why = Demandez vous-même, et vous aurez le vôtre.
desk-expired = Ce formulaire a expiré ; rien n’a été lancé
desk-expired-why = Un formulaire attend une réponse pendant 30 minutes. Vos réponses sont gardées pour le nouveau.
desk-done-already = C’est déjà fait ; rien n’a été refait

# Nos torts
desk-fault = Quelque chose s’est mal passé de mon côté. Référence : { $reference }
desk-fault-idle = Rien n’a été lancé et rien n’a été dépensé.
desk-fault-unsure = Je ne sais pas jusqu’où c’est allé ; /list montre ce qui existe.

# La grille
desk-party-chain = la chaîne
desk-party-relay = le relais de messages
desk-party-node = le nœud
desk-party-proxy = l’index de la grille
desk-party-kyc = le contrôle d’identité
desk-party-activation = le service d’activation
desk-party-web = l’adresse web
desk-grid-passing = La grille ne répond pas en ce moment : { $party }
desk-grid-passing-why = Cela passe en général en quelques minutes. Redemandez alors ; rien n’a changé entre-temps.
desk-grid-refused = La grille a dit non : { $party }
desk-grid-refused-why = Ses mots : { $text } ({ $code })
desk-grid-missing = La grille ne le connaît pas : { $party } n’a pas { $what }
desk-grid-missing-why = Redemander donnerait la même réponse.
desk-grid-unclear = On ne sait pas si c’est fait : contact perdu avec { $party } pendant la réponse
desk-grid-unclear-why = Je vérifie avant de faire quoi que ce soit deux fois ; /list montre ce qui existe.
