"""What a change of the checkout means for each stack: words, risks, approvals, costs and a picture."""
