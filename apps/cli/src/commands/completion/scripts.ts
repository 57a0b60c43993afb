/** What a shell runs at the tab key: asks this program for words, and completes files where it answers `:files`. */
export const scripts = {
  bash: `# Completion of ostler for bash. Put this into ~/.bashrc:  eval "$(ostler completion bash)"
_ostler() {
  local line
  COMPREPLY=()
  while IFS= read -r line; do
    if [ "$line" = ":files" ]; then
      compopt -o filenames -o default 2>/dev/null
      return
    fi
    COMPREPLY+=("\${line%%$'\\t'*}")
  done < <(ostler completion words -- "\${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null)
}
complete -F _ostler ostler
`,
  zsh: `#compdef ostler
# Completion of ostler for zsh. Put this into ~/.zshrc after compinit:  eval "$(ostler completion zsh)"
_ostler() {
  local line word
  local -a found
  for line in "\${(@f)$(ostler completion words -- "\${(@)words[2,CURRENT]}" 2>/dev/null)}"; do
    if [[ $line == :files ]]; then
      _files
      return
    fi
    [[ -z $line ]] && continue
    word=\${line%%$'\\t'*}
    found+=("\${word//:/\\\\:}:\${line#*$'\\t'}")
  done
  _describe 'ostler' found
}
compdef _ostler ostler
`,
  fish: `# Completion of ostler for fish:  ostler completion fish > ~/.config/fish/completions/ostler.fish
function __ostler_complete
  set -l words (commandline -opc) (commandline -ct)
  set -l found (ostler completion words -- $words[2..-1] 2>/dev/null)
  if test "$found[1]" = ':files'
    __fish_complete_path (commandline -ct)
  else
    printf '%s\\n' $found
  end
end
complete -c ostler -f -a '(__ostler_complete)'
`,
} as const;

export type Shell = keyof typeof scripts;
