"""What looks at samples: second moments of inputs, and weights chosen by what their layers put out."""
