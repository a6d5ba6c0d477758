"""Who is this? Persons and organisations told apart, and put together, by what their records say.

Read (`reading`), find who may be the same (`keys`), compare by levels (`compare`), weigh in bits (`weights`, `score`),
decide one record at a time (`resolve`) over what is remembered (`memory`). Pure: no clock, no I/O.
"""
