# /claim : quels salons sont servis, et qui est propriétaire.

claim-command = réclamer
    .description = Admettre ce salon, ou devenir propriétaire
    .code = Un code donné par la personne qui gère ce bot
    .room = Quel salon ; son bouton le remplit
    .act = Que faire ; son bouton le remplit
    .sure = Que c’est voulu ; son bouton le remplit

claim-admit = Admettre ce salon
claim-stop = Ne plus servir ce salon
claim-name = { $name }

claim-served = Je sers ce salon
claim-served-who = Chacun peut y demander, et ensuite en privé aussi. /help donne la liste.
claim-admitted = Admis
claim-by = par { $name }, { $at }
claim-code-of = Avec un code de
claim-sure = Ne plus servir ce salon ?
claim-sure-what = Je n’y répondrais plus qu’à /help et à /claim, jusqu’à ce qu’il soit de nouveau admis.
claim-sure-nodes = Ce que les gens font tourner continue ; ils y accèdent en privé avec moi.
claim-stopped = Je ne sers plus ce salon

claim-code = Un code qui admet un salon
claim-code-how = Dit dans un serveur ou un groupe où je suis, il l’ouvre à tous ceux qui y sont. Il ne sert qu’une fois.
claim-code-until = Il est valable jusqu’au { $at }.

claim-owner = Vous êtes propriétaire
claim-owner-next = /claim dans un salon l’admet ; en privé, il vous donne un code que quelqu’un d’autre pourra dire.
claim-nothing = Vous n’avez rien à réclamer ici
claim-ask = Un code de la personne qui gère ce bot admet un salon : /claim et le code, dits là-bas.
claim-ownerless = Personne n’est encore propriétaire de ce bot : il a écrit un code là où il a été lancé ; /claim et ce code font de vous le propriétaire.

claim-no = Le code n’a rien ouvert
claim-wrong = Le code est faux. { $left ->
    [0] Il ne reste aucun essai
    [one] Il reste un essai
   *[other] Il reste { $left } essais
  } jusqu’au prochain lancement du programme.
claim-many = Trop de codes faux. Le prochain essai comptera après un nouveau lancement du programme.
claim-closed = Il y a déjà un propriétaire. Adressez-vous à lui.
claim-elsewhere = Il est bon, mais il admet un salon : dites-le dans le serveur ou le groupe que je dois servir.
claim-spent = Il a déjà servi. Demandez-en un autre à la personne qui vous l’a donné.
claim-needless = Ce n’est pas un code valable en ce moment. Vous êtes propriétaire : /claim sans code vous suffit.
