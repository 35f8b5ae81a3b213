-- description: Says nothing of its own while what it reads is broken.
SELECT third
FROM cases.type_that_is_not_known
