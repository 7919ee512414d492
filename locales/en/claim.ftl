# /claim: which rooms are served, and who the owner is.

claim-command =
    .description = Admit this room, or become the owner
    .code = A code from whoever runs this bot
    .room = Which room; its button fills it in
    .act = What to do; its button fills it in
    .sure = That it is meant; its button fills it in

claim-admit = Admit this room
claim-stop = Stop serving this room
claim-name = { $name }

claim-served = I serve this room
claim-served-who = Everybody in it can ask, and those who have can ask in private too. /help lists what.
claim-admitted = Admitted
claim-by = by { $name }, { $at }
claim-code-of = With a code of
claim-sure = Stop serving this room?
claim-sure-what = I would answer only /help and /claim here, until it is admitted again.
claim-sure-nodes = What people run goes on; they reach it in a private chat with me.
claim-stopped = I no longer serve this room

claim-code = A code that admits one room
claim-code-how = Whoever says this in a server or group where I am opens it for everybody there. It works once.
claim-code-until = It can be used until { $at }.

claim-owner = You are the owner
claim-owner-next = /claim in a room admits it; in a private chat it gives you a code for somebody else to say.
claim-nothing = There is nothing for you to claim here
claim-ask = A code from whoever runs this bot admits a room: /claim and the code, said there.
claim-ownerless = Nobody owns this bot yet: it wrote a code where it was started, and /claim and that code makes you the owner.

claim-no = The code opened nothing
claim-wrong = The code is wrong. { $left ->
    [0] No guess is left
    [one] One guess is left
   *[other] { $left } guesses are left
  } until the program starts anew.
claim-many = Too many wrong codes. The next guess counts after the program starts anew.
claim-closed = There is an owner already. Ask them.
claim-elsewhere = It is good, but it admits a room: say it in the server or group that I am to serve.
claim-spent = It has been used already. Ask whoever gave it to you for another.
claim-needless = It is not a code that is good now. You are the owner: /claim without a code is all you need.
