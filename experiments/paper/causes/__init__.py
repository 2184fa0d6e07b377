"""Why claims fail under the chosen settings: trials that could refute each reason."""
