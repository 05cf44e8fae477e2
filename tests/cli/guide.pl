# guide.pl GUIDE WORK USHER [update]: do what a guide says, in order, in the
# folder WORK, and compare what comes of it.
#
# ```lua with a first line "-- a/file.lua" (or ```text and "# a/file.txt") is a
# file, whole. ```console holds commands, each after "$ ", and their output: a
# line "..." stands for any lines, "…" in a line for anything. Other blocks are
# only read. "update" writes the real output into the guide instead. The guide's
# port, 8080, is another one here: somebody may be using it.
use strict;
use warnings;
use Cwd qw(abs_path);

my ($guide, $work, $usher, $update) = @ARGV;
$guide = abs_path($guide);

sub slurp { my $f = shift; open my $h, '<', $f or die "$f: $!\n"; local $/; my $s = <$h>; return $s // '' }
sub spew { my ($f, $s) = @_; open my $h, '>', $f or die "$f: $!\n"; print $h $s; close $h or die "$f: $!\n" }

my $port = 20000 + $$ % 10000;
sub ours { my $s = shift; $s =~ s/127\.0\.0\.1:8080/127.0.0.1:$port/g; return $s }
sub theirs { my $s = shift; $s =~ s/127\.0\.0\.1:$port/127.0.0.1:8080/g; return $s }

# --- reading -------------------------------------------------------------------

my (@parts, $block);    # text lines, and blocks with their lines
my $n = 0;
for my $line (split /^/, slurp($guide)) {
    $n++;
    if (!$block && $line =~ /^```(\w*)/) {
        $block = {kind => $1, open => $line, at => $n, lines => []};
        push @parts, $block;
    } elsif ($block && $line =~ /^```\s*$/) {
        $block->{close} = $line;
        undef $block;
    } elsif ($block) {
        push @{$block->{lines}}, $line;
    } else {
        push @parts, $line;
    }
}
die "$guide: a block is not closed\n" if $block;

# A console block's commands, each with what it should print.
sub commands {
    my $b = shift;
    my @list;
    my $at = $b->{at};
    for (@{$b->{lines}}) {
        $at++;
        if (/^\$ (.*)/s) { push @list, {command => $1, wanted => '', at => $at, open => scalar($1 =~ /\\\n\z/)} }
        elsif (@list && $list[-1]{open}) { $list[-1]{command} .= $_; $list[-1]{open} = /\\\n\z/ }
        elsif (@list) { $list[-1]{wanted} .= $_ }
        else { die "$guide:$at: output without a command\n" }
    }
    return @list;
}

# --- doing: one script, so that variables and background jobs stay --------------

my ($script, $count, @all) = ("cd '$work'\n", 0);
for my $b (grep { ref } @parts) {
    my ($file) = ($b->{lines}[0] // '') =~ m{^(?:--|\#) (\S+/\S+\.(?:lua|txt))\s*$};
    if ($file && $b->{kind} =~ /^(?:lua|text)$/) {
        $count++;
        spew("$work/.file.$count", ours(join '', @{$b->{lines}}));
        $script .= "mkdir -p \"\$(dirname '$file')\" && cat .file.$count >'$file'\n";
    } elsif ($b->{kind} eq 'console') {
        for my $c (commands($b)) {
            $count++;
            @$c{'n', 'block'} = ($count, $b);
            push @all, $c;
            $script .= '{ ' . ours($c->{command}) . "} >.out.$count 2>.err.$count </dev/null\n";
        }
    }
}
die "$guide: no command in it\n" unless @all;
spew("$work/.script", $script . qq([ -z "\$!" ] || kill \$!\nwait\n));
$ENV{PATH} = "$usher:$ENV{PATH}";
system('timeout', '120', 'sh', "$work/.script") >= 0 or die "sh: $!\n";

# --- comparing -------------------------------------------------------------------

sub fits {
    my ($wanted, $got) = @_;
    my $p = '';
    for my $line (split /^/, $wanted) {
        if ($line eq "...\n") { $p .= '(?:.*\n)*?'; next }
        $p .= join '.*?', map { quotemeta } split /\xe2\x80\xa6/, $line, -1;
    }
    return $got =~ /\A$p\z/;
}

my $bad = 0;
for my $c (@all) {
    my $got = theirs(slurp("$work/.out.$c->{n}") . slurp("$work/.err.$c->{n}"));
    $got .= "\n" if $got ne '' && $got !~ /\n\z/;
    $got =~ s/[ \t]+$//mg;
    $c->{got} = $got;
    next if fits($c->{wanted}, $got);
    $bad++;
    next if $update;
    chomp(my $line = $c->{command});
    print STDERR "$guide:$c->{at}: \$ $line\n--- the guide says\n$c->{wanted}--- it is\n$got";
}
if ($update) {
    for my $b (grep { ref && $_->{kind} eq 'console' } @parts) {
        $b->{lines} = [map { ("\$ $_->{command}", fits($_->{wanted}, $_->{got}) ? $_->{wanted} : $_->{got}) } grep { $_->{block} == $b } @all];
    }
    spew($guide, join '', map { ref $_ ? ($_->{open}, @{$_->{lines}}, $_->{close}) : $_ } @parts);
    print "$bad outputs written\n";
    exit 0;
}
printf "%d\n", scalar @all;
exit($bad > 0);
