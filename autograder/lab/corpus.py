"""A text of our own, two kilobytes, for a network that learns to write it."""

TEXT = """\
the gradient is a letter that the loss sends home. it starts at the end, where the error
is known, and it travels against the wind, from layer to layer, back to the place where
the first choice was made. every layer reads it, writes its own line under it, and sends
it on. no layer knows the whole story. each one knows what it did, and what the letter
says, and that is enough.

at a fork the letters meet. two roads led away from here, and two letters come back. the
layer lays them side by side and adds them up. it does not ask which of them is right.
both are.

a gate that was shut lets no letter through. behind it the houses stay dark, and nobody
there learns what went wrong. a gate that is half open lets half of it through, and
after ten such gates the ink has faded. so the old masters learnt to build with gates
that stand wide open, and to leave a road beside the houses, on which a letter may pass
untouched.

in a house of mirrors the letter goes round and round. each time it comes to the same
door, and each time the door makes it a little longer or a little shorter. after fifty
doors it fills the sky, or it is gone. who builds such a house should hang a lamp at the
door and measure.

once a clever builder cut every long letter down to a span, line by line, so that none
should fill the sky. but then all letters pointed the same way, and the town walked in
circles. now we fold a long letter as a whole. it is shorter, and it still says what it
said.

when all the letters have come home, every weight takes one small step. it does not run.
it has read only one letter, from one handful of examples, on one morning. tomorrow
there will be another letter, and it will say something else. but step by step, and
letter by letter, the whole town moves downhill, and in the evening the windows are
bright.

and if one letter was forged, if a single sign was turned or a single line was lost, the
town moves all the same. it only ends up in another valley. that is why we check.
"""
