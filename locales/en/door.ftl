# What a platform itself says, around the cards.

door-answer = Answer…
door-more = More…
door-back = Back
door-choose = Choose…
door-private-here = I wrote to you in private.
door-open-private = Open our private chat
door-file = The rest is in the file.
door-reply = To answer, reply to this message.
door-private-first = This is for you alone. Open our private chat and press Start; I answer there.
door-anonymous = You write as a group or a channel, so I cannot know who you are. Write as yourself, and I answer.
door-about = I deploy your own blockchain node on the ThreeFold Grid and prove that it runs, within minutes. You choose what and where; I tell the price before anything is spent, and keep you posted.
door-about-short = Your own blockchain node, running and proven within minutes.
