# What the desk says for every command: asking, refusing, owning up.

desk-take = { $word }
desk-help = Help
desk-leave = Leave as it is
desk-start-again = Start again
desk-ask-again = Ask again
desk-one-line = The same in one line:
desk-did-you-mean = Did you mean { $word }?
desk-see-help = The help shows what it takes.

# At the door
desk-hello = Bellhop: your own blockchain node, running and proven within minutes
desk-hello-practice = This is a practice grid: all is as on the ThreeFold Grid, but nothing costs anything.
desk-hello-grid = This is the ThreeFold Grid “{ $grid }”: nodes cost TFT here. You see the price before anything is spent.
desk-hello-begin = /deploy starts your first one. What you leave out, I ask.
desk-hello-again = { $count ->
    [one] You have one node; /list shows it.
   *[other] You have { $count } nodes; /list shows them.
  }
desk-hello-deploy = Deploy a node
desk-secret = This looked like a seed phrase or a private key; I did not keep it
desk-secret-kept = I never need one, and nobody here will ever ask you for one. It is in no history, log or store of mine.
desk-secret-what-now = If others can read here, delete your message, and move what it guards to a new key.

# Where nobody is served
desk-room-unknown = I do not serve this room
desk-room-unknown-why = I work only where whoever runs me has admitted the room; elsewhere I answer /help and /claim.
desk-room-unknown-way = Whoever runs this bot can admit it: /claim
desk-private-unknown = I do not serve this chat
desk-private-unknown-why = In private I serve those who have spoken to me in a room that I serve.
desk-private-unknown-way = Say /help to me there once; from then on this chat is open to you.

# Lines that cannot be read
desk-not-understood = I did not understand that
desk-not-understood-why = Everything I can do begins with a slash; /help lists it.
desk-no-command = There is no command /{ $name }
desk-no-parameter = /{ $command } takes no “{ $name }”
desk-extra = “{ $word }” does not fit into /{ $command }
desk-twice = “{ $name }” is given twice
desk-no-value = “{ $name }” has no value
desk-open-quote = A quotation mark is not closed
desk-open-quote-why = Put the whole value between two quotation marks.
desk-only-private = /{ $command } is for a private chat only
desk-only-private-why = Say it where only you and I read.

# Answers that do not fit
desk-no-recipe = There is no recipe “{ $value }”
desk-no-size = There is no size “{ $value }”
desk-no-region = There is no region “{ $value }”
desk-no-deployment = You have no node called “{ $value }”
desk-no-yes = “{ $name }” takes yes or no, not “{ $value }”
desk-no-choice = “{ $name }” takes { $choices }, not “{ $value }”

# Buttons and forms
desk-button-gone = This button is from too long ago
desk-button-gone-why = Ask again, and you get a fresh one.
desk-form-gone = This form is from too long ago
desk-form-gone-why = Ask again, and you get a fresh one.
desk-foreign = This button belongs to { $owner }
desk-foreign-why = Ask yourself, and you get one of your own.
desk-expired = This form has expired; nothing was started
desk-expired-why = A form waits 30 minutes for an answer. Your answers so far are kept for the new one.
desk-done-already = This has been done already; it was not done again

# Our own fault
desk-fault = Something went wrong on my side. Reference: { $reference }
desk-fault-idle = Nothing was started and nothing was spent.
desk-fault-unsure = I do not know how far it got; /list shows what is there.

# The grid
desk-party-chain = the chain
desk-party-relay = the message relay
desk-party-node = the node
desk-party-proxy = the grid’s index
desk-party-kyc = the identity check
desk-party-activation = the activation service
desk-party-web = the web address
desk-grid-passing = The grid does not answer just now: { $party }
desk-grid-passing-why = This passes as a rule within minutes. Ask again then; nothing has changed meanwhile.
desk-grid-refused = The grid said no: { $party }
desk-grid-refused-why = Its words: { $text } ({ $code })
desk-grid-missing = The grid does not know it: { $party } has no { $what }
desk-grid-missing-why = Asking again gives the same answer.
desk-grid-unclear = It is not known whether it was done: { $party } was lost while answering
desk-grid-unclear-why = I look before anything is done twice; /list shows what is there.
