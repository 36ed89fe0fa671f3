"""The sentence of every fact: whole sentences with gaps, so that they can be translated.

A gap takes what `say` makes of a value: a name, a number, a shape, a list, or another sentence.
"""

SENTENCES: dict[str, str] = {
    # what something is
    "type.none": "None",
    "type.sequence": "a {type} of {count} values",
    "type.object": "{article} {type}",
    "type.absent": "something of a library that is not at hand here",
    "expected.dict": "a dict with {keys}",
    "expected.sequence": "{count} values",
    "expected.array": "an array of shape {shape}",
    "expected.number": "a number",
    # a difference
    "differs.broken": "{name} could not be computed: {got}",
    "differs.type": "{name} is {got}; expected {expected}",
    "differs.missing": "{name} has no entry {expected}",
    "differs.shape": "{name} has shape {got}; expected {expected}",
    "differs.shape_of": "{name} has shape {got}; expected {expected}, the shape of {of}",
    "differs.single": "{name} has shape {got}; expected a single number",
    "differs.dtype": "{name} holds {got} values; expected {expected}",
    "differs.finite": "{name} has {got} in {some} of {all} entries",
    "differs.text": "{name} is {got}; expected {expected}",
    "differs.truth": "{name} is the other truth value in {some} of {all} entries",
    "differs.value": "{name} is off by {error} (relative)",
    "differs.value_in": "{name} is off by {error} (relative) in {some} of {all} entries",
    "differs.again": "asked the same again, {said}",
    "differs.call": "{name} (call {turn})",
    # no value
    "failure.missing": "{row} is not defined",
    "failure.unanswered": "{row} is not written yet",
    "failure.exception": "{row} raised {type}: {message}",
    "failure.exit": "{row} ended the program: {message}",
    "failure.timeout": "{row} took too long: {message}. Is there a loop without an end, or far "
    "more work than the shapes ask for?",
    "failure.unstarted": "{row} was not run: {message}",
    "failure.memory": "{row} needed too much memory: {message}",
    "failure.crash": "{row} crashed the interpreter: {message}",
    "failure.protocol": "{row} gave something that could not be read: {message}",
    "failure.skipped": "{message}",
    "failure.skipped_unwritten": "{message} what it needs is not written yet",
    # hidden cases: coarse on purpose
    "hidden.missing": "{row} is not defined",
    "hidden.unanswered": "{row} is not written yet",
    "hidden.timeout": "{row} took too long",
    "hidden.unstarted": "{row} was not run on all cases, because the time was used up",
    "hidden.memory": "{row} needed too much memory",
    "hidden.crash": "{row} crashed the interpreter",
    "hidden.exit": "{row} ended the program",
    "hidden.protocol": "{row} gave something that could not be read",
    "hidden.skipped": "{row} was not run, because a call that it needs failed",
    "hidden.raised": "{row} raised a {kind}",
    "hidden.raised_other": "{row} raised an error of another kind",
    "hidden.finite": "{name} has entries that are inf or nan",
    "hidden.contract": "{name} has not the form that is expected",
    "hidden.repeatability": "{name} differs when the same is asked again",
    "hidden.mask": "{name} is not masked as p demands",
    "hidden.draws": "{name} does not hang on the chance that it is given, and on that alone",
    "hidden.moments": "{name} does not have the mean and the spread that are expected",
    "hidden.wrong": "{name} is wrong",
    "hidden.slightly": "{name} is slightly wrong",
    # the form of what came back
    "returned.none": "{what} returned None; expected {wanted}. Is a return missing?",
    "returned.count": "{what} returned {count} values; expected {wanted}",
    "returned.one": "{what} returned one value, {got}; expected {wanted}",
    "returned.array": "{what} returned one array; expected {wanted}",
    "wanted.one": "one value: {names}",
    "wanted.several": "{count}: {names}",
    "style.list": "{name} is a list of numbers; an array would be better style",
    "inputs.changed": "{row} changes {names} in place; whoever called it may still need {names}",
    "precision": "{row} gives {got} ({names}) although every input is {kept}. np.sqrt of a number "
    "is a float64 number, and float64 wins: write float(np.sqrt(...)); np.zeros, np.eye and "
    "np.where of plain numbers want a dtype",
    "warns": "{row} makes NumPy warn: {text}",
    # answers
    "answer.integer": "{name} is {got}; expected a whole number",
    "answer.number": "{name} is {got}; expected a number",
    "answer.choice": "{name} is {got}; expected one of {choices}",
    "answer.wrong": "{name} is not the right answer",
    "answer.recorded": "{name} is recorded",
    # masks
    "mask.form": "{name} is not an array of shape {shape}",
    "mask.unseen": "{name} cannot be judged: {out} shows no mask",
    "mask.forward_first": "Mend {row} first: its {out} is shaped like x.",
    "mask.unscaled": "The kept entries are x itself; inverted dropout divides them by p = {p}, so "
    "that the expected value of out stays that of x.",
    "mask.zero_or_scaled": "Every entry of out must be 0 or x / p.",
    "mask.share": "{name} keeps {share} % of {size} entries; expected about {keep} %",
    "mask.turned": "p is the probability to keep an entry, as in CS231n, not to drop it.",
    "mask.together": "{name} keeps or drops whole rows or columns; every entry is drawn by itself",
    "mask.same": "Backward must use the mask of its own forward, scaled in the same way.",
    "mask.zeros": "where x is 0, {name} lets the gradient of {share} % of the entries through; "
    "expected about {keep} %",
    "mask.not_by_out": "A number that is 0 may be kept, too: out is 0 there either way, so the "
    "mask cannot be read off it. Keep the mask itself in the cache.",
    "mask.same_twice": "{name} drops the same entries in two calls without a seed",
    "mask.anew": "Draw a new mask in every call.",
    "mask.seed": "{row} ignores the seed: two calls with the same one drop different entries",
    "mask.as_forward": "{row} scales as its forward does; the points are kept",
    # ties
    "tie.sum": "at a tie {names} do not add up to what comes from above",
    "tie.rest": "Whatever {first} gets there, {last} gets the rest.",
    # slips of form
    "form.once": "The same slip as in {name}; it counts once.",
    # where random numbers come from
    "draws.differ": "{name} differs between two generators in the same state",
    "draws.same": "{name} is the same for two different generators",
    "draws.global": "{row} uses or seeds the global generator",
    "draws.shared": "{name} of one {row} changes as soon as another {row} is made",
    "draws.own": "What stands in the class is shared by all its objects: make it anew in __init__.",
    "draws.from_rng": "Draw every number from the rng that you are given, and from nothing else.",
    # moments of what is drawn
    "moments.missing": "{name} has no entry {key}",
    "moments.no_array": "{name} is not an array of numbers",
    "moments.shape": "{name} has shape {shape}; expected {expected}",
    "moments.not_finite": "{name} has entries that are not finite",
    "moments.mean": "{name} has mean {got}; expected about {expected}",
    "moments.std": "{name} has standard deviation {got}; expected about {expected}",
    "moments.few": "{name} holds only {different} different numbers among {size}",
    "moments.lines": "{name} has rows or columns that hardly vary; every entry is drawn by itself",
    # numerical differentiation
    "differencing.off": "{row} switches off what counts its calls, so nobody can see how it works. "
    "A person decides whether this counts.",
    "differencing.seems": "{row} seems to differentiate numerically: for every entry of {input} it "
    "evaluates a function at another point. A person decides whether this counts.",
    "differencing.task": "The task is to derive the gradient and write it down as a formula.",
    # a critic: a gradient check of one's own
    "critic.no_verdict": "{what} returned {got}; expected True or False",
    "critic.none": "{what} returned None; expected True or False. Is a return missing?",
    "critic.all": "{what} rejects all {wrong} wrong layers and accepts all {right} right",
    "critic.some": "{what} rejects {caught} of {wrong} wrong layers, and {alarms} of {right} right "
    "ones: {caught}/{wrong} − {alarms}/{right} = {percent} %",
    "critic.missed": "· accepted, but wrong: {name}",
    "critic.alarmed": "· rejected, but right: {name}",
    "critic.raised": "· an exception is a rejection; on {raised} of {right} right layers it raised "
    "one: {error}",
    "critic.raised_hidden": "· an exception is a rejection; on {raised} of {right} right layers it "
    "raised one",
    # an input that exposes a mistake
    "exposing.no_array": "{name} is not an array of numbers",
    "exposing.large": "{name} has {size} entries; {most} are enough for anybody",
    "exposing.not_finite": "{name} must hold finite numbers, at least one",
    "exposing.axes": "{name} has shape {shape}; expected {form}",
    "exposing.size": "{name} has shape {shape}; expected {form}, and {where} has "
    "{letter} = {known}",
    "exposing.not_taken": "the card's forward does not take these arrays: {error}",
    "exposing.dout_shape": "{name} has shape {shape}; the card's out has {out} here",
    "exposing.kink": "at your {name} the function has a kink; move off it",
    "exposing.hidden_by": "the card is right on your input; {ways} would expose it",
    "exposing.hidden_by_several": "the card is right on your input; other numbers in several of "
    "your arrays would expose it",
    "exposing.hidden_by_shapes": "the card is right on your input; no other numbers in arrays of "
    "these shapes would expose it either",
    "way.smaller": "smaller numbers in {name}",
    "way.other": "another {name}",
    "way.zeros": "another {name} (yours is all zeros)",
    "way.ones": "another {name} (yours is all ones)",
    "way.zero_row": "another {name} (yours has a row of zeros)",
    "way.some_zeros": "another {name} (yours has zeros)",
    "way.positive": "another {name} (yours is positive throughout)",
    "way.negative": "another {name} (yours is negative throughout)",
    "exposed.raises": "{card} raises {error} on your input",
    "exposed.shape": "{card} is wrong on your input: {name} has shape {shape}; expected {expected}",
    "exposed.value": "{card} is wrong on your input: it says {where} = {says}; measured it is "
    "{measured}",
    # what it builds on
    "stage.first": "{stage} is the first stage of {row} that is wrong",
    "stage.after": "{stage} is the first stage of {row} that is wrong (right before it: {right})",
    "own_forward.right": "{row} is right for the {forward} that was written, but {forward} is "
    "wrong: repair that first",
    "own_forward.wrong": "It does not fit the {forward} that was written either: there the "
    "numerical gradients differ, too ({outputs})",
    "builds_on.one": "{names} is not right yet, and {row} builds on it. Mend that one first",
    "builds_on.several": "{names} are not right yet, and {row} builds on them. Start with {first}",
    "follow.forward": "{row} is right for the {forward} that was written; the points are kept",
    "follow.forward_part": "For the {forward} that was written, {row} is right in {outputs}; the "
    "points for that are kept",
    "follow.calls": "{row} is wrong only because of {names}, which it calls; the points are kept",
    # general slips
    "like.sign": "It is exactly the negative of the right value: a sign is lost.",
    "like.zero": "It is zero everywhere; was the result never stored?",
    "like.divided_by_n": "It is the right value divided by the batch size N. The mean over the "
    "batch belongs into the loss; a gradient with respect to a parameter is a sum.",
    "like.times_n": "It is the right value times the batch size N; a division by N is missing, or "
    "a sum is taken where a mean belongs.",
    "like.twice": "It is twice the right value; is something counted twice?",
    "like.half": "It is half the right value; is a factor 2 missing?",
    "like.transposed": "It is the transpose of the right value.",
    "like.reversed_in_time": "It is right, but reversed along the second axis (time).",
    "like.last_step_only": "Only the last step in time is right; the others are 0.",
    "like.first_left_out.0": "It is right, but 0 at the first place along axis 0: a loop is one "
    "turn short.",
    "like.first_left_out.1": "It is right, but 0 at the first place along axis 1: a loop is one "
    "turn short.",
    "like.last_left_out.0": "It is right, but 0 at the last place along axis 0: a loop is one turn "
    "short.",
    "like.last_left_out.1": "It is right, but 0 at the last place along axis 1: a loop is one turn "
    "short.",
    "like.absolute": "It has the right size, but never a negative sign.",
    "like.other_output": "It is {other}, returned in the place of {output}.",
    "like.factor": "It is exactly {factor} times the right value, in every case: a factor on the "
    "way is another number.",
    "like.sizes": "In every case it is {factor} times the right value: a division by a size is "
    "missing or too many, or a mean stands where a sum belongs.",
    "like.spread": "In every case its standard deviation is that of {formula}.",
    # derived slips
    "slip.at_stage": "{slip} It lies where {stage} is computed.",
    **{
        f"slip.{kind}": f"On the public cases the numbers are exactly what comes out when {what}"
        for kind, what in {
            "sign": "one sign on the way is the wrong one: a + for a -, a minus that is lost or "
            "too many. Go through the signs one by one.",
            "lost_term": "one term of a sum is left out. Each path that leads here adds a term: "
            "is one missing?",
            "lost_factor": "one factor on the way is left out. Go through the product, factor by "
            "factor: which one is not there?",
            "inverse": "it is multiplied somewhere where it should be divided, or the other way "
            "round.",
            "power": "a power on the way is another one: a square or a root that is lost or too "
            "many, or an exponent that is off.",
            "number": "a number on the way is another one: a 2 or a half that is lost, counted "
            "twice, or not the right constant.",
            "factor": "one factor on the way is wrong: it is left out, is there twice, divides "
            "where it should multiply, or is another number.",
            "mean_for_sum": "the mean is taken somewhere where a sum belongs: a division by the "
            "number of examples (or entries) too many.",
            "sum_for_mean": "a sum is taken somewhere where the mean belongs: a division by the "
            "number of examples (or entries) is missing.",
            "lost_sum": "one sum is left out. What was broadcast on the way forward is summed on "
            "the way back.",
            "axis": "a sum, a mean or a maximum runs along another axis. Write the shapes beside "
            "each line.",
            "transpose": "a matrix on the way is transposed, or the two sides of an @ have changed "
            "places. Write the shapes beside each line.",
            "wrong_name": "one variable stands where another belongs: two that have changed "
            "places, or one that was taken for its neighbour.",
            "comparison": "one comparison is the other way round, or a True stands where a False "
            "belongs.",
            "function": "one function on the way is left out, or another one stands in its place.",
            "assignment_for_accumulation": "a = stands where a += belongs, so that only the last "
            "contribution is left.",
            "lost_statement": "one statement, or one argument of a call, is left out.",
            "lost_part": "one contribution is left out: a term of a sum, a += that became a =, or "
            "a whole line.",
            "order": "a loop runs in the other direction.",
            "off_by_one": "an index, or the end of a loop, is off by one. Try it by hand with two "
            "steps.",
        }.items()
    },
    # one change of the student's own code
    "spot.line": "line {line} of {function}",
    "spot.cell": "cell {cell}, line {line} of {function}",
    "repair.at": "Line {line} of {function}, `{before}`: {said}",
    "repair.either": "Line {line} or line {also} of {function}; it may be mended in either of "
    "them: {said}",
    "repair.whole": "one change here makes every case right. {look}",
    "repair.part": "one change here makes {names} right in every case. {look}",
    "repair.target": "One change in what `{target}` is made of makes every case right. {look}",
    "repair.unread": "`{name}` is never used; what is it for?",
    "repair.somewhere": "One change makes every case right. {look}",
    "repair.hint": "Line {line}: {kind}.",
    "repair.hint_anywhere": "What is wrong: {kind}.",
    "repair.change": "Line {line} is `{before}`. With `{after}` every case is right. Why?",
    "look.signs": "Look at the terms and their signs.",
    "look.shapes": "Write the shape of everything in it beside it.",
    "look.examples": "Look at how the examples are put together.",
    "look.factors": "Look at it factor by factor.",
    "look.numbers": "Look at each number in it.",
    "look.names": "Look at each name in it: is it the one you mean?",
    "look.conditions": "Look at the condition.",
    "look.loops": "Go through it by hand with two steps.",
    "look.kept": "Look at what is kept from before, and what is lost.",
    "look.lines": "Look at what is done, and when.",
    "look.functions": "Look at the functions in it.",
    "look.nothing": "Look at it part by part.",
    "kind.sign": "a plus stands where a minus belongs, or the other way round, or a sign is lost",
    "kind.missing_term": "a term of a sum is missing",
    "kind.extra_term": "a term of a sum is too many",
    "kind.transpose": "a transpose is missing or too many, or the two sides of an @ have changed "
    "places",
    "kind.product": "it is multiplied entry by entry where a matrix product belongs, or the "
    "other way round",
    "kind.keepdims": "an axis of size 1 is missing or too many (keepdims)",
    "kind.shape": "an axis, a reshape or a copy of the shape is missing or too many",
    "kind.reshape": "it is not brought back to the shape of another array",
    "kind.flatten": "the input is not made flat, one row for each example, before it is multiplied",
    "kind.index": "the index stands on the wrong axis, or is missing or too many",
    "kind.mean_for_sum": "a mean is taken where a sum is needed",
    "kind.sum_for_mean": "a sum is taken where a mean is needed",
    "kind.missing_sum": "a sum is missing",
    "kind.extra_sum": "a sum, a mean or a maximum is too many",
    "kind.missing_mean": "a mean is missing",
    "kind.axis": "it runs along the wrong axis",
    "kind.missing_axis": "the axis is missing: it runs over everything",
    "kind.inverse": "it is multiplied where it should be divided, or the other way round",
    "kind.missing_factor": "a factor is missing",
    "kind.extra_factor": "a factor is too many",
    "kind.power": "a power is another one: a square or a root that is lost or too many",
    "kind.number": "a number is another one",
    "kind.hard_coded": "a fixed number stands where a parameter belongs",
    "kind.complement": "1 - … is missing",
    "kind.grouping": "the brackets stand elsewhere",
    "kind.operator": "it is the wrong operation",
    "kind.wrong_name": "one variable stands where another belongs",
    "kind.unread": "a parameter is never used",
    "kind.order": "two things have changed places",
    "kind.arguments": "two arguments have changed places",
    "kind.argument": "an argument is too many",
    "kind.missing_argument": "an argument or a parameter is missing",
    "kind.packing": "a value is missing or too many among those that stand together",
    "kind.comparison": "the condition is another one",
    "kind.flag": "True and False have changed places",
    "kind.off_by_one": "an index, or the end of a loop, is off by one",
    "kind.direction": "it runs in the wrong direction",
    "kind.loop": "the line stands inside a loop and belongs outside, or the other way round",
    "kind.return_in_loop": "the return stands inside the loop, so that the loop has one turn",
    "kind.accumulation": "+= stands where = belongs",
    "kind.overwritten": "= stands where += belongs, so that what was there is lost",
    "kind.initial": "it begins with the wrong values",
    "kind.copy": "two names mean the same array; one of them needs a copy",
    "kind.dtype": "the numbers are of the wrong type",
    "kind.lost_line": "a line is missing here: something is not counted on, or not set back",
    "kind.extra_statement": "the line is too many",
    "kind.order_of_lines": "two lines have changed places",
    "kind.return": "the return is missing",
    "kind.function": "another function belongs here",
    "kind.extra_function": "a function is too many",
    "kind.missing_function": "a function is missing",
    # what a finding says by itself
    "shape.transpose": "Is a transpose missing?",
    "shape.reshape": "The numbers may fit: is a reshape missing, or keepdims too much?",
    "shape.sum": "Is a sum over an axis missing?",
    # what met in the line that raised
    "shapes.inner": "Line {line} of {function}: `{left}` {left_shape} @ `{right}` {right_shape}: "
    "the inner sizes {one} and {other} differ. {advice}",
    "shapes.together": "Line {line} of {function}: `{left}` {left_shape} {sign} `{right}` "
    "{right_shape}: these shapes cannot be put together. {advice}",
    "shapes.into": "Line {line} of {function}: `{right}` has shape {right_shape} and does not fit "
    "into `{left}`, a place of shape {left_shape}. Which of the two is not what you expect?",
    "shapes.index": "Line {line} of {function}: in `{left}` the array has shape {left_shape}; the "
    "index is beyond it. Which axis is it meant for: x[t], or x[:, t]?",
    "shapes.unpack": "Line {line} of {function}: {name} holds {count} values, and {asked} names "
    "wait for them.",
    "shapes.turn": "Must one of the two be transposed, or change places with the other?",
    "shapes.flatten": "Make it flat first, one row for each example.",
    "shapes.all_axes": "With three axes or more, .T turns all of them round; .swapaxes(-1, -2) "
    "turns the last two alone.",
    "shapes.keepdims": "Is keepdims=True missing where the smaller one is made?",
    "shapes.one_axis": "If it belongs to the axis of size {size}, give it the shape {shape}.",
    "shapes.neither": "Write both shapes beside the line: which one is not what you expect?",
    "names.unknown": "Line {line} of {function}: no line before it gives `{name}` a value. "
    "{advice}",
    "names.near": "Do you mean `{other}`?",
    "names.elsewhere": "{other} has a variable of this name, which is its own: what else needs it "
    "gets it as an argument, or from the cache.",
    "names.lost": "Is the line missing, does it stand further down, or inside an if or a loop that "
    "was not entered?",
    "names.no_such": "Line {line} of {function}: there is no `{name}`. {advice}",
    "names.absent": "Is it a function of another module, or a method of the array itself?",
    "names.call": "Line {line} of {function}: `{name}` cannot be called with these arguments. "
    "Look up which it takes; a shape of several sizes is one argument, a tuple.",
    "keys.others": "`{name}` has no entry {key}; it has {entries}. Is it kept under another name, "
    "or not kept yet?",
    "keys.empty": "`{name}` has no entry {key}; nothing is in it yet. d.get(key, start) gives a "
    "start where an entry is missing.",
    "again.state": "The same inputs gave the right result before; other calls came in between. Is "
    "something kept in a global variable, or in an attribute, that belongs into the cache?",
    "exception.truth_value": "An `if`, `and`, `or` or `not`, or Python's own `max` or `min`, wants "
    "one True or False, and this is a whole array. To ask whether an argument was left out, write "
    "`y is None`; `np.where(condition, a, b)` chooses entry by entry; for booleans there are &, | "
    "and ~.",
    "exception.bitwise": "& and | bind more tightly than < and >: put brackets around each "
    "comparison, as in (a < b) | (c > d).",
    "exception.scalar": "A function that takes one number got an array. Those of the module math "
    "take one number; NumPy's, such as np.exp, take arrays.",
    "exception.ragged": "Arrays of different shapes met in one list or tuple. Is one of the values "
    "the pair of out and cache that a forward function returns? Take it apart: out, cache = f(x).",
    "exception.pair": "A tuple is used as a number here. Is it the pair of out and cache that a "
    "forward function returns? Take it apart: out, cache = f(x).",
    "exception.unassigned": "On this path nothing was assigned to it before. Is the line missing, "
    "or does it stand inside an if or a loop that was not entered?",
    "exception.key": "The dict has no entry of this name, perhaps not yet. d.get(name, start) "
    "gives a start where it is missing.",
    "exception.none": "Something here is None. Is it set to None elsewhere? A function without a "
    "return gives None too; so does a method that works in place, such as list.append.",
    "exception.whole_number": "A size, an index or a number of turns is a whole number, and / "
    "gives one with a point, even where nothing is left over. Write //.",
    "exception.empty": "There is nothing in this array: a slice that begins at its end or behind "
    "it is empty. Print the shape before this line.",
    "exception.generator": "A `yield` makes a generator of the whole function, which runs nothing "
    "by itself. Write return instead, once, with all values: return out, cache.",
    "exception.coroutine": "An `async` before def makes a coroutine of the function, which runs "
    "nothing by itself. Take it away.",
    "exception.builtin": "A name here is a function of Python's own, such as input, sum or max: "
    "either the brackets of a call are missing, or it is not the name of your variable.",
    "exception.no_place": "A list has no place for it until something was appended. Write "
    "values.append(…), or begin with an array that is as long: np.zeros(N).",
    "exception.append_one": "append puts one value in. Two that belong together are a pair, with "
    "brackets of its own: append((a, b)).",
    "exception.uncalled": "It is a function itself, not what the function gives. Are the brackets "
    "of a call missing?",
    "syntax.unseen": "The character {code} in it cannot be seen; such ones come along when text is "
    "pasted. Delete that line and type it anew.",
    "syntax.foreign": "{sign} ({code}) only looks like a character of Python's, as text editors "
    "put it. Type it anew.",
    "exception.removed": "{old} was removed in NumPy 2; write {new}.",
    # where an answer stands that does not count
    "written.starter_below": "{name} is written in {cell}, but {last} defines it again as the "
    "starter does, not written yet. Delete that in {last}",
    "written.leftover": "{cell} has code above the line `raise NotImplementedError()` of {name}, "
    "which is still there. Delete that line",
    "written.overwritten": "{name} is written in {cell}, but {last} puts something else in its "
    "place: `{text}`. Give that another name",
    "written.deleted": "{name} is written in {cell}, but {last} deletes it: `{text}`. Take that "
    "away",
    "written.not_code": "{cell} defines {name}, but it is a {kind} cell, which does not run. Make "
    "it a code cell",
    "written.magic": "{cell} defines {name}, but `{magic}` takes the cell for a text and does not "
    "run it. Delete that line",
    "written.comment": "{cell} has the definition of {name} in a comment. Take the # away",
    "written.inside": "{cell} defines {name} inside of {outer}, where nothing else sees it. Move "
    "it to the left margin",
    "written.quotes": "{cell} has the definition of {name} in quotes, as a text",
    "written.renamed": "{cell}, where {name} belongs, defines {other} and not {name}. It must be "
    "called {name}",
    "written.near": "{cell} defines {other}. If {name} is meant, it must be called so",
    # what other cells do to the names on which a row depends
    "cells.again": "`{name}` is defined in {first} and again in {later}",
    "cells.another": "`{name}` gets another meaning in {cell}",
    "cells.changed": "`{name}` is changed in {cell}",
    "cells.below": "`{name}` is defined only in {cell}",
    "state.at_check": "{changes}. {row} is judged as it was at its check cell, before that; give "
    "the second one another name",
    "state.at_check_somehow": "a cell further down changes what {row} depends on. It is judged as "
    "it was at its check cell, before that; give the second one another name",
    "state.below": "{changes}, below the check cell of {row}. From top to bottom the notebook does "
    "not run: move it up",
    # what the cells that ran in a kernel say
    "kernel.unread": "Python could not read the cell of {row} when it ran last ({error}, line "
    "{line} of the cell), so it is the version before that is checked here. Mend the cell and run "
    "it",
    "kernel.renamed": "{cell} defines {other}; {row} is still that of {first}, until the kernel "
    "restarts. If {row} is meant, it must be called so",
    "kernel.again": "{changes}. With the meaning before, {row} is right: give the second one "
    "another name, and run both cells again",
    "kernel.better": "{changes}. With the meaning before, {row} earns more points",
    # on the page of a class
    "report.same": "Each has the very same wrong {name}, so it is the same mistake.",
    "report.kind": "In the line that one change makes right: {kind}.",
    # around the verdict
    "submission": "{message}",
    "cell.stopped": "{cell}, which defines {row}, did not run to its end: {message}",
    "hand.graded": "graded by hand",
    "hand.left": "left as it was",
}
