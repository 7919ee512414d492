# /me : qui l’on est ici.

me-command = moi
    .description = Votre jumeau, votre solde, vos limites et votre langue
    .language = La langue dans laquelle je vous réponds
    .language-name = langue

me-member = Vous êtes { $name }
me-owner = Vous êtes { $name }, propriétaire
me-sponsored = Ici, chacun agit avec le jumeau de l’opérateur.
me-twin = Jumeau
me-twin-id = { $id }
me-twin-none = pas encore ; il est créé avec votre premier déploiement
me-balance = Solde
me-kyc = Identité
me-kyc-verified = vérifiée
me-kyc-unverified = pas commencée
me-kyc-rejected = refusée
me-kyc-pending = en cours d’examen
me-kyc-silent = inconnue ; le service ne répond pas en ce moment
me-address = Adresse sur la chaîne, pour y envoyer des TFT :
me-chain-silent = La chaîne ne répond pas en ce moment ; votre jumeau et votre solde ne sont donc pas connus.
me-nodes = Nœuds
me-vcpu = Processeurs virtuels
me-memory = Mémoire, Go
me-disk = Disque, Go
me-month = TFT par mois
me-language = Langue
me-language-en = English
me-language-fr = Français
me-language-other = { $tag }
me-language-set = La langue de mes réponses est désormais : { $language }
