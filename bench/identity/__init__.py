"""Who is this? The matcher over labelled sets: how right, how fast, whether the order of arrival matters."""
