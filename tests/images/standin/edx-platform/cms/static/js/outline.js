import $ from 'jquery';

$(() => $('body').addClass('outline'));
