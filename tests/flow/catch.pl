#!/usr/bin/perl
# catch.pl KIND ADDRESS FOLDER: the other side of a flow test, in the perl that
# every Debian has. Each request, mail or datagram that arrives becomes one
# file in FOLDER (0001, 0002, ...); FOLDER/ready says that it listens.
#
#   http PORT    answers like a ticket API. FOLDER/answer, when there, has the
#                status (and, on more lines, the body) for the POSTs that make
#                a ticket; FOLDER/reply the same for everything else.
#   smtp PORT    takes mail; a file has MAIL FROM, RCPT TO and the message.
#                FOLDER/answer, when there, is what it says to RCPT TO.
#   notify PATH  datagrams of a service manager's socket.
use strict;
use warnings;
use IO::Socket::INET;
use IO::Socket::UNIX;
use Fcntl;
use Socket qw(SOCK_DGRAM);

my ($kind, $address, $folder) = @ARGV;
my $count = 0;
$SIG{TERM} = sub { exit 0 };
$SIG{PIPE} = $SIG{CHLD} = q{IGNORE};

sub note {
    my ($text) = @_;
    my ($f, $name);
    do { $name = sprintf q{%s/%04d}, $folder, ++$count }
        until sysopen $f, "$name.part", O_WRONLY | O_CREAT | O_EXCL;
    print $f $text;
    close $f;
    link "$name.part", $name;
    return $count;
}

sub told {
    my ($name) = @_;
    open my $f, '<', "$folder/$name" or return;
    local $/;
    my ($first, $rest) = split /\n/, <$f>, 2;
    return ($first, $rest // '');
}

# --- http: one request a connection ------------------------------------------

sub api_answer {
    my ($line, $n) = @_;
    my $makes = $line =~ m{^POST /api/v2/tickets(\.json)? };
    my ($status, $body) = told($makes ? 'answer' : 'reply');
    return ($status, $body) if $status;
    return (201, '{"ticket":{"id":' . (7000 + $n) . '}}') if $makes;
    return (201, '{"upload":{"token":"up-' . $n . '"}}')
        if $line =~ m{^POST /api/v2/uploads};
    return (200, '{"user":{"id":20978392}}') if $line =~ m{/users/};
    return (200, '{"tickets":[]}') if $line =~ m{^GET /api/v2/tickets\?};
    return (200, '{"ticket":{"id":' . $1 . '}}')
        if $line =~ m{^PUT /api/v2/tickets/(\d+)};
    return (200, '{}');
}

sub http {
    my ($client) = @_;
    my ($head, $body) = ('', '');
    local $SIG{ALRM} = sub { die "slow\n" };
    alarm 20;
    while (my $line = <$client>) {
        last if $line =~ /^\r?\n$/;
        $head .= $line;
    }
    return alarm 0 if $head eq '';
    print $client "HTTP/1.1 100 Continue\r\n\r\n" if $head =~ /^expect:/mi;
    read $client, $body, $1 if $head =~ /^content-length:\s*(\d+)/mi;
    alarm 0;
    $head =~ s/\r//g;
    my $n = note("$head\n$body");
    my ($status, $text) = api_answer($head =~ /^(.*)/, $n);
    print $client "HTTP/1.1 $status Told\r\nContent-Type: application/json\r\n"
        . 'Content-Length: ' . length($text)
        . "\r\nConnection: close\r\n\r\n$text";
}

# --- smtp: enough of RFC 5321 --------------------------------------------------

sub smtp_data {
    my ($client) = @_;
    my $text = '';
    while (my $line = <$client>) {
        return $text if $line =~ /^\.\r?\n$/;
        $line =~ s/^\.//;
        $text .= $line;
    }
    return $text;
}

sub smtp {
    my ($client) = @_;
    my $envelope = '';
    print $client "220 loopback ESMTP\r\n";
    while (my $line = <$client>) {
        $line =~ s/\r?\n$//;
        my $verb = uc((split ' ', $line)[0] // '');
        my $said = '250 fine';
        if ($verb eq 'EHLO') { $said = "250-loopback\r\n250 8BITMIME" }
        elsif ($verb eq 'MAIL') { $envelope = "$line\n" }
        elsif ($verb eq 'RCPT') {
            $envelope .= "$line\n";
            my ($refusal) = told('answer');
            $said = $refusal if $refusal;
        } elsif ($verb eq 'DATA') {
            print $client "354 go on\r\n";
            my $text = smtp_data($client);
            $text =~ s/\r//g;
            note("$envelope\n$text");
        }
        $said = '221 bye' if $verb eq 'QUIT';
        print $client "$said\r\n";
        last if $verb eq 'QUIT';
    }
}

sub ready { open my $f, '>', "$folder/ready" or die "$folder: $!" }

if ($kind eq 'notify') {
    my $socket = IO::Socket::UNIX->new(Type => SOCK_DGRAM, Local => $address)
        or die "$address: $!";
    ready();
    note($_) while defined $socket->recv($_, 4096);
    exit 0;
}
my $listener = IO::Socket::INET->new(
    LocalAddr => '127.0.0.1', LocalPort => $address,
    Listen => 64, ReuseAddr => 1,
) or die "$address: $!";
ready();
while (1) {
    my $client = $listener->accept or next;
    $client->autoflush(1);
    next if fork;
    eval { $kind eq q{smtp} ? smtp($client) : http($client) };
    exit 0;
}
