"""The known mistakes of 00_start, exercise by exercise: the right text, the wrong one, and why."""

from autograder.exercises import edit

MISTAKES = {
    "comparison": [
        edit("relative_error", "np.max(gap", "np.mean(gap", name="mean",
             says="This is the mean of the errors. One wrong entry in a thousand would drown in it; take the largest."),
        edit("relative_error", "np.abs(x - y)", "x - y", name="sign_of_gap",
             says="The gap keeps its sign, so entries where x is too small count as negative errors and are overlooked."),
        edit("relative_error", "np.abs(x) + np.abs(y)", "x + y", name="sizes_cancel",
             says="The sizes are added with their signs: negative numbers make the denominator vanish or turn it round."),
        edit("relative_error", "np.abs(x) + np.abs(y)", "np.abs(x + y)", name="size_of_the_sum",
             says="This is the size of the sum, |x + y|; the formula takes the sum of the sizes, |x| + |y|. With opposite signs "
                  "the two differ."),
        edit("relative_error", "np.maximum(1e-8, size)", "(1e-8 + size)", name="floor_added",
             says="The 1e-8 is added to every size; the formula takes the larger of the two. Tiny numbers show the difference."),
        edit("relative_error", "np.maximum(1e-8, size)", "size", name="no_floor",
             says="There is no floor under the denominator: where both entries are zero this is 0/0."),
        edit("relative_error", "gap / np.maximum(1e-8, size)", "gap", name="absolute",
             says="This is the absolute error: the gap is not divided by the size of the numbers."),
        edit("relative_error", "np.abs(x) + np.abs(y)", "np.abs(x)", name="only_x",
             says="The gap is divided by |x| alone; the formula takes |x| + |y|, so that neither array is favoured."),
        edit("relative_error", "np.abs(x) + np.abs(y)", "np.abs(y)", name="only_y",
             says="The gap is divided by |y| alone; the formula takes |x| + |y|, so that neither array is favoured."),
        edit("relative_error", "np.max(gap", "np.sum(gap", name="summed",
             says="The errors of all entries are summed; only the largest of them counts."),
        edit("relative_error", "np.abs(x) + np.abs(y)", "np.max(np.abs(x) + np.abs(y))", name="largest_size",
             says="Every gap is divided by the size of the largest entry; each entry is to be measured by its own size."),
        edit("relative_error", "np.max(gap / np.maximum(1e-8, size))", "gap / np.maximum(1e-8, size)", name="array",
             says="This returns one error an entry; the largest of them is wanted, as one number."),
        edit("relative_error", "np.abs(x) + np.abs(y)", "(np.abs(x) + np.abs(y)) / 2", name="mean_size",
             says="The gap is divided by the mean of the two sizes, so every error comes out twice as large."),
        edit("relative_error", "np.max(gap / np.maximum(1e-8, size))", "np.linalg.norm(gap) / np.maximum(1e-8, np.linalg.norm(size))", name="norms",
             says="This compares the lengths of whole arrays. A wrong small entry hides behind large right ones."),
    ],
}
